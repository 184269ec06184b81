//! What the gateway answers, word by word. `UPDATE_EXPECT=1` writes the records anew.

use bytes::Bytes;
use expect_test::{Expect, expect};
use http::{Method, Request};
use royaume_spec::{bearer, exchange, get};

use super::{API, OFFERS, Scene, with};

/// Plays a request, and holds it and its answer to the record.
async fn plays(scene: &Scene, request: Request<Bytes>, recorded: Expect) {
    let asked = exchange::recorded(&request);
    let answer = scene.deployed.send(request).await;
    recorded.assert_eq(&format!("{asked}\n{}", answer.recorded()));
}

/// RFC 6750 §3.1, as deployed: no body, and a JSON type.
#[tokio::test]
async fn no_token() {
    let scene = Scene::new().await;
    plays(
        &scene,
        get(&format!("{API}/offresdemploi/v2/offres/search")),
        expect![[r#"
        GET /partenaire/offresdemploi/v2/offres/search
        host: api.francetravail.io

        401 Unauthorized
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
    "#]],
    )
    .await;
}

/// RFC 6750 §3.1, as deployed: most APIs say nothing beside 403, some say two words.
#[tokio::test]
async fn a_scope_that_is_missing() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", "api_offresdemploiv2 api_rome-metiersv1").await;
    plays(
        &scene,
        bearer(&format!("{API}/offresdemploi/v2/offres/search"), &token),
        expect![[r#"
        GET /partenaire/offresdemploi/v2/offres/search
        host: api.francetravail.io
        authorization: Bearer <credentials>

        403 Forbidden
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
    "#]],
    )
    .await;
    plays(
        &scene,
        bearer(&format!("{API}/rome-metiers/v1/metiers/metier"), &token),
        expect![[r#"
        GET /partenaire/rome-metiers/v1/metiers/metier
        host: api.francetravail.io
        authorization: Bearer <credentials>

        403 Forbidden
        content-type: text/plain;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff

        Invalid scope
    "#]],
    )
    .await;
}

/// RFC 6585 §4, as deployed: text, and what the limiter counts.
#[tokio::test]
async fn too_many_calls() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let request = bearer(&format!("{API}/offresdemploi/v2/referentiel/naturesContrats"), &token);
    for _ in 0..9 {
        scene.deployed.send(request.clone()).await.is_ok();
    }
    plays(&scene, request.clone(), expect![[r#"
        GET /partenaire/offresdemploi/v2/referentiel/naturesContrats
        host: api.francetravail.io
        authorization: Bearer <credentials>

        200 OK
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
        content-range: naturesContrats */3
        x-ratelimit-burst-capacity-clientidlimiter: 10
        x-ratelimit-remaining-clientidlimiter: 0
        x-ratelimit-replenish-rate-clientidlimiter: 10

        [{"code":"<code>","libelle":"Contrat travail"},{"code":"E2","libelle":"Contrat apprentissage"},{"code":"FS","libelle":"Cont. professionnalisation"}]
    "#]]).await;
    plays(
        &scene,
        request,
        expect![[r#"
        GET /partenaire/offresdemploi/v2/referentiel/naturesContrats
        host: api.francetravail.io
        authorization: Bearer <credentials>

        429 Too Many Requests
        content-type: text/plain;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
        retry-after: 1
        x-ratelimit-burst-capacity-clientidlimiter: 10
        x-ratelimit-remaining-clientidlimiter: 0
        x-ratelimit-replenish-rate-clientidlimiter: 10

        Too many requests
    "#]],
    )
    .await;
}

/// A page of offers, a search that finds none, and one that is wrong.
#[tokio::test]
async fn searches() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let mut page = bearer(&format!("{API}/offresdemploi/v2/offres/search?range=0-9"), &token);
    *page.method_mut() = Method::HEAD;
    plays(
        &scene,
        page,
        expect![[r#"
        HEAD /partenaire/offresdemploi/v2/offres/search
            ?range=0-9
        host: api.francetravail.io
        authorization: Bearer <credentials>

        206 Partial Content
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
        content-range: offres 0-9/3679
        x-ratelimit-burst-capacity-clientidlimiter: 10
        x-ratelimit-remaining-clientidlimiter: 9
        x-ratelimit-replenish-rate-clientidlimiter: 10
    "#]],
    )
    .await;
    let one = format!("{API}/offresdemploi/v2/offres/search?motsCles=rust&sort=1&range=0-0");
    plays(
        &scene,
        bearer(&one, &token),
        expect![[r#"
            GET /partenaire/offresdemploi/v2/offres/search
                ?motsCles=rust
                &sort=1
                &range=0-0
            host: api.francetravail.io
            authorization: Bearer <credentials>

            206 Partial Content
            content-type: application/json;charset=UTF-8
            cache-control: no-store
            x-content-type-options: nosniff
            content-range: offres 0-0/57
            x-ratelimit-burst-capacity-clientidlimiter: 10
            x-ratelimit-remaining-clientidlimiter: 8
            x-ratelimit-replenish-rate-clientidlimiter: 10

            {"filtresPossibles":[{"agregation":[{"nbResultats":11,"valeurPossible":"CDD"},{"nbResultats":36,"valeurPossible":"CDI"},{"nbResultats":1,"valeurPossible":"DDI"},{"nbResultats":1,"valeurPossible":"DIN"},{"nbResultats":6,"valeurPossible":"MIS"},{"nbResultats":2,"valeurPossible":"SAI"}],"filtre":"typeContrat"},{"agregation":[{"nbResultats":24,"valeurPossible":"1"},{"nbResultats":26,"valeurPossible":"2"},{"nbResultats":7,"valeurPossible":"3"}],"filtre":"experience"},{"agregation":[{"nbResultats":17,"valeurPossible":"0"},{"nbResultats":40,"valeurPossible":"9"}],"filtre":"qualification"},{"agregation":[{"nbResultats":49,"valeurPossible":"E1"},{"nbResultats":2,"valeurPossible":"E2"},{"nbResultats":6,"valeurPossible":"FS"}],"filtre":"natureContrat"}],"resultats":[{"accessibleTH":true,"alternance":false,"appellationlibelle":"Développeur / Développeuse Rust","competences":[{"exigence":"S","libelle":"Écrire des tests"},{"exigence":"S","libelle":"Concevoir une API"}],"dateActualisation":"2026-11-24T11:16:19Z","dateCreation":"2026-11-24T11:16:19Z","description":"Offre inventée pour la répétition. Mutuelle Exemple recherche : Développeur / Développeuse Rust, à PERPIGNAN. Au quotidien : Écrire des tests ; Concevoir une API.","dureeTravailLibelle":"35H/semaine","dureeTravailLibelleConverti":"Temps plein","entreprise":{"entrepriseAdaptee":false,"nom":"Mutuelle Exemple"},"experienceExige":"E","experienceLibelle":"5 An(s)","id":"5132434","intitule":"Développeur / Développeuse Rust (H/F)","lieuTravail":{"codePostal":"66000","commune":"66136","latitude":42.6887,"libelle":"66 - PERPIGNAN","longitude":2.8948},"natureContrat":"Contrat travail","nombrePostes":1,"origineOffre":{"origine":"2","urlOrigine":"https://offres.example/5132434"},"qualificationCode":"9","qualificationLibelle":"Cadre","romeCode":"M1805","romeLibelle":"Études et développement informatique","salaire":{"libelle":"Mensuel de 2697.0 Euros sur 12.0 mois"},"secteurActivite":"62","secteurActiviteLibelle":"Programmation, conseil et autres activités informatiques","typeContrat":"CDI","typeContratLibelle":"Contrat à durée indéterminée"}]}
        "#]],
    )
    .await;
    let nothing = format!("{API}/offresdemploi/v2/offres/search?motsCles=licorne");
    plays(
        &scene,
        bearer(&nothing, &token),
        expect![[r#"
        GET /partenaire/offresdemploi/v2/offres/search
            ?motsCles=licorne
        host: api.francetravail.io
        authorization: Bearer <credentials>

        204 No Content
        cache-control: no-store
        x-content-type-options: nosniff
        content-range: offres */0
        x-ratelimit-burst-capacity-clientidlimiter: 10
        x-ratelimit-remaining-clientidlimiter: 7
        x-ratelimit-replenish-rate-clientidlimiter: 10
    "#]],
    )
    .await;
    let wrong = format!("{API}/offresdemploi/v2/offres/search?range=0-150");
    plays(
        &scene,
        bearer(&wrong, &token),
        expect![[r#"
        GET /partenaire/offresdemploi/v2/offres/search
            ?range=0-150
        host: api.francetravail.io
        authorization: Bearer <credentials>

        400 Bad Request
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
        x-ratelimit-burst-capacity-clientidlimiter: 10
        x-ratelimit-remaining-clientidlimiter: 6
        x-ratelimit-replenish-rate-clientidlimiter: 10

        {"codeErreur":"plage-incorrecte","codeHttp":400,"message":"Une plage compte au plus 150 offres."}
    "#]],
    )
    .await;
}

/// What APIs answer now and then, on request: a page where JSON is expected, and an error of the platform below.
#[tokio::test]
async fn faults() {
    let scene = Scene::new().await;
    let token = scene.token("partenaire", OFFERS).await;
    let request = bearer(&format!("{API}/offresdemploi/v2/offres/search"), &token);
    plays(&scene, with(request.clone(), &[("royaume-fault", "html-400")]), expect![[r#"
        GET /partenaire/offresdemploi/v2/offres/search
        host: api.francetravail.io
        authorization: Bearer <credentials>
        royaume-fault: html-400

        400 Bad Request
        content-type: text/html;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
        x-ratelimit-burst-capacity-clientidlimiter: 10
        x-ratelimit-remaining-clientidlimiter: 9
        x-ratelimit-replenish-rate-clientidlimiter: 10

        <!DOCTYPE html><html lang="fr"><head><title>400</title></head><body><h1>Requête incorrecte</h1></body></html>
    "#]]).await;
    plays(&scene, with(request.clone(), &[("royaume-fault", "json-500")]), expect![[r#"
        GET /partenaire/offresdemploi/v2/offres/search
        host: api.francetravail.io
        authorization: Bearer <credentials>
        royaume-fault: json-500

        500 Internal Server Error
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
        x-ratelimit-burst-capacity-clientidlimiter: 10
        x-ratelimit-remaining-clientidlimiter: 8
        x-ratelimit-replenish-rate-clientidlimiter: 10

        {"codeErreur":"JCS0011G","codeHttp":500,"message":"Un composant de la plateforme n'a pas répondu comme attendu."}
    "#]]).await;
    plays(&scene, with(request.clone(), &[("royaume-fault", "r998")]), expect![[r#"
        GET /partenaire/offresdemploi/v2/offres/search
        host: api.francetravail.io
        authorization: Bearer <credentials>
        royaume-fault: r998

        500 Internal Server Error
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
        x-ratelimit-burst-capacity-clientidlimiter: 10
        x-ratelimit-remaining-clientidlimiter: 7
        x-ratelimit-replenish-rate-clientidlimiter: 10

        {"codeRetour":"R998","jetonUsager":"null","message":"Un service a répondu en erreur","topIdentiteCertifiee":"null"}
    "#]]).await;
    plays(&scene, with(request.clone(), &[("royaume-fault", "r999")]), expect![[r#"
        GET /partenaire/offresdemploi/v2/offres/search
        host: api.francetravail.io
        authorization: Bearer <credentials>
        royaume-fault: r999

        503 Service Unavailable
        content-type: application/json;charset=UTF-8
        cache-control: no-store
        x-content-type-options: nosniff
        x-ratelimit-burst-capacity-clientidlimiter: 10
        x-ratelimit-remaining-clientidlimiter: 6
        x-ratelimit-replenish-rate-clientidlimiter: 10

        {"codeRetour":"R999","jetonUsager":"null","message":"Service indisponible","topIdentiteCertifiee":"null"}
    "#]]).await;
    let unknown = scene.deployed.send(with(request, &[("royaume-fault", "fire")])).await;
    assert_eq!(unknown.status.as_u16(), 206);
}

/// A fault is judged as any other request first.
#[tokio::test]
async fn faults_need_a_token() {
    let scene = Scene::new().await;
    let request = get(&format!("{API}/offresdemploi/v2/offres/search"));
    let answer = scene.deployed.send(with(request, &[("royaume-fault", "json-500")])).await;
    super::is_unauthorized(&answer);
}
