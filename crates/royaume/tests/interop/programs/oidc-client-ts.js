// Signing in with oidc-client-ts, in a page. Addresses come from discovery; there is no secret.
export function userManager({ issuer, client_id }) {
  const here = window.location.origin;
  return new oidc.UserManager({
    authority: issuer,
    client_id,
    redirect_uri: `${here}/callback`,
    post_logout_redirect_uri: `${here}/`,
    scope: 'openid profile email',
    loadUserInfo: true,
    // Tokens are as safe as the page is: they end with the tab.
    userStore: new oidc.WebStorageStateStore({ store: window.sessionStorage }),
  });
}

// A nonce is sent and compared when it is given.
export function signIn(manager, more = {}) {
  return manager.signinRedirect({ nonce: window.crypto.randomUUID(), ...more });
}
