// Signing in with openid-client. Addresses, algorithms and keys come from discovery.
import * as openid from 'openid-client';

export function discover({ issuer, client_id, client_secret, authentication = 'client_secret_post' }) {
  const authenticate = {
    client_secret_post: openid.ClientSecretPost(client_secret),
    client_secret_basic: openid.ClientSecretBasic(client_secret),
  }[authentication];
  const execute = [openid.enableNonRepudiationChecks];
  // A rehearsal on this machine has no TLS. Leave this out for anything else.
  if (issuer.startsWith('http://127.0.0.1:')) execute.push(openid.allowInsecureRequests);
  return openid.discovery(new URL(issuer), client_id, undefined, authenticate, { execute });
}

// Where to send the person, and what to keep in their session until they are back.
export async function begin(provider, redirect_uri, more = {}) {
  const waiting = {
    state: openid.randomState(),
    nonce: openid.randomNonce(),
    code_verifier: openid.randomPKCECodeVerifier(),
  };
  const address = openid.buildAuthorizationUrl(provider, {
    redirect_uri,
    scope: 'openid profile email',
    state: waiting.state,
    nonce: waiting.nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(waiting.code_verifier),
    code_challenge_method: 'S256',
    ...more,
  });
  return { address, waiting };
}

// The person is back: `callback` is the whole address at which they arrived.
export async function finish(provider, callback, waiting) {
  const tokens = await openid.authorizationCodeGrant(provider, callback, {
    expectedState: waiting.state,
    expectedNonce: waiting.nonce,
    pkceCodeVerifier: waiting.code_verifier,
    idTokenExpected: true,
  });
  const userinfo = await openid.fetchUserInfo(provider, tokens.access_token, tokens.claims().sub);
  return { tokens, userinfo };
}

// Each answer has a new refresh token, in the place of the one that was used.
export function refresh(provider, tokens) {
  return openid.refreshTokenGrant(provider, tokens.refresh_token);
}

// Where to send the person so that they are signed out here and there.
export function end(provider, tokens, post_logout_redirect_uri) {
  const state = openid.randomState();
  const address = openid.buildEndSessionUrl(provider, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri,
    state,
  });
  return { address, state };
}
