//! The configuration of `royaume serve`: one TOML file, where every unknown key is an error and every unsafe wish
//! is refused with the reason.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use royaume_jose::ServerKey;
use royaume_listen::Limits;
use royaume_realm::{BaseUrl, Dialect, Topology};
use royaume_server::passwords::{Bounds, Cost};
use royaume_server::{Allowance, Configuration};
use royaume_store::Store;
use serde::Deserialize;

use crate::failure::Failure;
use crate::outbound::FetchFile;
use crate::place;
use crate::proxies::Proxies;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServeFile {
    /// Where people and programs reach the server: issuers and addresses follow from it.
    base_url: String,
    /// Where the server listens.
    #[serde(default = "default_listen")]
    listen: SocketAddr,
    /// Proxies that end TLS in front of the server, and whose `X-Forwarded-For` is believed.
    #[serde(default)]
    trusted_proxies: Vec<IpAddr>,
    /// The file with the server key; `ROYAUME_SERVER_KEY` in the environment wins.
    server_key_file: Option<PathBuf>,
    /// A topology file of one's own, or
    topology: Option<PathBuf>,
    /// the name of a preset.
    preset: Option<String>,
    /// How the realms of a preset speak: as the standards say, unless it is wished otherwise. A topology file says it for
    /// each realm.
    dialect: Option<DialectWord>,
    #[serde(default)]
    store: StoreFile,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    passwords: PasswordsFile,
    #[serde(default)]
    throttles: ThrottlesFile,
    #[serde(default)]
    fetch: FetchFile,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DialectWord {
    Standard,
    AsDeployed,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StoreFile {
    sqlite: Option<PathBuf>,
    /// `ROYAUME_DATABASE_URL` in the environment wins over both. Beyond this machine the connection is encrypted, unless the URL
    /// says `sslmode=disable`.
    postgres: Option<String>,
    /// A PEM file with the authorities that vouch for the database; those that the system trusts when absent.
    postgres_authorities: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PasswordsFile {
    memory_kib: Option<u32>,
    passes: Option<u32>,
    threads: Option<usize>,
    waiting: Option<usize>,
    waiting_per_address: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ThrottlesFile {
    login: Option<AllowanceFile>,
    address: Option<AllowanceFile>,
    client: Option<AllowanceFile>,
    begun: Option<AllowanceFile>,
    registrations: Option<AllowanceFile>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowanceFile {
    burst: u32,
    #[serde(rename = "forgets_in_seconds", deserialize_with = "seconds")]
    forgets_in: Duration,
}

/// What `serve` needs, checked.
pub(crate) struct Serve {
    pub(crate) listen: SocketAddr,
    pub(crate) proxies: Proxies,
    pub(crate) limits: Limits,
    pub(crate) configuration: Configuration,
    pub(crate) fetch: royaume_fetch::Configuration,
    server_key_file: Option<PathBuf>,
    sqlite: Option<PathBuf>,
    postgres: Option<String>,
    postgres_authorities: Option<PathBuf>,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

impl Serve {
    /// Reads and checks a file. Relative paths in it start at the file's own directory.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
        let near = |relative: &Path| path.parent().unwrap_or(Path::new(".")).join(relative);
        let file: ServeFile = toml::from_str(&text).map_err(|error| {
            // Not with the line itself: it may hold the password of the database.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            Failure::Usage(format!("{}, line {line}: {}", path.display(), error.message()))
        })?;
        let wrong = |why: &str| Failure::Usage(format!("{}: {why}", path.display()));

        let base_url = BaseUrl::parse(&file.base_url).map_err(|error| wrong(&error.to_string()))?;
        if !file.listen.ip().is_loopback() && file.trusted_proxies.is_empty() {
            return Err(wrong(
                "listen goes beyond loopback without TLS: name the proxies that end TLS in trusted_proxies, or \
                 listen on 127.0.0.1",
            ));
        }
        if base_url.is_https() && file.trusted_proxies.is_empty() {
            return Err(wrong(
                "base_url is https, so a proxy ends TLS in front, and trusted_proxies does not name it: every person \
                 would have the proxy's address, and one who guesses passwords would lock out all; write for example \
                 trusted_proxies = [\"127.0.0.1\", \"::1\"]",
            ));
        }
        let topology = match (&file.topology, &file.preset) {
            (Some(topology), None) => {
                let topology = near(topology);
                let text = std::fs::read_to_string(&topology).map_err(|error| {
                    wrong(&format!("topology {} cannot be read: {error}", topology.display()))
                })?;
                Topology::parse(&text).map_err(|error| wrong(&format!("{}: {error}", topology.display())))?
            }
            (None, Some(preset)) => {
                let mut topology = Topology::preset(preset).map_err(|error| wrong(&error.to_string()))?;
                let dialect = match file.dialect {
                    Some(DialectWord::AsDeployed) => Dialect::AS_DEPLOYED,
                    Some(DialectWord::Standard) | None => Dialect::STANDARD,
                };
                for realm in &mut topology.realms {
                    realm.dialect = dialect;
                }
                topology
            }
            (Some(_), Some(_)) => return Err(wrong("topology and preset exclude each other: leave one out")),
            (None, None) => return Err(wrong("name the realms: topology = \"FILE\" or preset = \"NAME\"")),
        };
        if file.topology.is_some() && file.dialect.is_some() {
            return Err(wrong("dialect is for a preset: a topology file says it for each realm"));
        }
        let (postgres, sqlite) = match std::env::var("ROYAUME_DATABASE_URL").ok() {
            Some(url) => (Some(url), None),
            None => (file.store.postgres, file.store.sqlite.as_deref().map(near)),
        };
        if postgres.is_some() == sqlite.is_some() {
            return Err(wrong("[store] needs exactly one of sqlite = \"FILE\" and postgres = \"URL\""));
        }
        let mut configuration = Configuration::new(topology, base_url);
        apply(&file.passwords, &file.throttles, &mut configuration);
        // The least that OWASP's Password Storage Cheat Sheet lists for argon2id: 7 MiB with five passes.
        let Cost { memory_kib, passes } = configuration.password_cost;
        if memory_kib < 7 * 1024 || u64::from(memory_kib) * u64::from(passes) < 5 * 7 * 1024 {
            return Err(wrong(
                "[passwords] a hash of fewer than 7168 memory_kib, or with memory_kib times passes below 35840, is too \
                 cheap to protect anybody: leave both out for 19456 and 2",
            ));
        }
        Ok(Self {
            listen: file.listen,
            proxies: file.trusted_proxies.into_iter().collect(),
            limits: file.limits,
            configuration,
            fetch: file.fetch.configuration(near),
            server_key_file: file.server_key_file.as_deref().map(near),
            sqlite,
            postgres,
            postgres_authorities: file.store.postgres_authorities.as_deref().map(near),
        })
    }

    /// The server key, from the environment or the file.
    pub(crate) fn server_key(&self) -> Result<ServerKey, Failure> {
        if let Ok(text) = std::env::var("ROYAUME_SERVER_KEY") {
            return ServerKey::from_text(text.trim())
                .map_err(|_| Failure::usage("ROYAUME_SERVER_KEY is not 43 characters of base64url"));
        }
        let path = self.server_key_file.as_deref().ok_or_else(|| {
            Failure::usage(
                "there is no server key: set server_key_file (make one with: royaume key new-server-key FILE) or \
                 ROYAUME_SERVER_KEY",
            )
        })?;
        place::read_key(path)
    }

    /// The store; a file or a schema is made only when that is asked for.
    pub(crate) async fn store(&self, create: bool) -> Result<Arc<dyn Store>, Failure> {
        match (&self.postgres, &self.sqlite) {
            (Some(url), _) => place::open_postgres(url, self.postgres_authorities.as_deref(), create).await,
            (None, Some(path)) => place::open_sqlite(path, create),
            (None, None) => Err(Failure::usage("no store is configured")),
        }
    }
}

fn apply(passwords: &PasswordsFile, throttles: &ThrottlesFile, configuration: &mut Configuration) {
    let (cost, bounds) = (Cost::default(), Bounds::default());
    configuration.password_cost = Cost {
        memory_kib: passwords.memory_kib.unwrap_or(cost.memory_kib),
        passes: passwords.passes.unwrap_or(cost.passes),
    };
    configuration.password_bounds = Bounds {
        threads: passwords.threads.unwrap_or(bounds.threads),
        waiting: passwords.waiting.unwrap_or(bounds.waiting),
        waiting_per_address: passwords.waiting_per_address.unwrap_or(bounds.waiting_per_address),
    };
    for (wished, kept) in [
        (throttles.login, &mut configuration.login_failures),
        (throttles.address, &mut configuration.address_failures),
        (throttles.client, &mut configuration.client_failures),
        (throttles.begun, &mut configuration.begun),
        (throttles.registrations, &mut configuration.registrations),
    ] {
        if let Some(AllowanceFile { burst, forgets_in }) = wished {
            *kept = Allowance { burst, forgets_in };
        }
    }
}

/// A time in seconds, whole or not.
pub(crate) fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The configuration that docs/serving.md shows.
    fn shown() -> &'static str {
        let page = include_str!("../../../docs/serving.md");
        page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap()
    }

    #[test]
    fn the_configuration_that_is_shown_reads_and_its_defaults_are_ours() {
        let file: ServeFile = toml::from_str(shown()).unwrap();
        assert_eq!((file.limits, file.listen), (Limits::default(), default_listen()));
        assert_eq!(file.fetch, FetchFile::default());
        let topology = Topology::preset(file.preset.as_deref().unwrap()).unwrap();
        let usual = Configuration::new(topology.clone(), BaseUrl::parse(&file.base_url).unwrap());
        let mut configured = usual.clone();
        configured.password_cost = Cost { memory_kib: 1, passes: 9 };
        apply(&file.passwords, &file.throttles, &mut configured);
        assert_eq!(configured.password_cost, usual.password_cost);
        assert_eq!(configured.login_failures, usual.login_failures);
        assert_eq!(configured.address_failures, usual.address_failures);
        assert_eq!(configured.client_failures, usual.client_failures);
        assert_eq!(configured.begun, usual.begun);
        assert_eq!(configured.registrations, usual.registrations);
    }

    #[test]
    fn a_key_that_does_not_exist_is_an_error() {
        let misspelled = shown().replace("drain_seconds", "drain_second");
        let error = toml::from_str::<ServeFile>(&misspelled).unwrap_err().to_string();
        assert!(error.contains("drain_second"), "{error}");
    }
}
