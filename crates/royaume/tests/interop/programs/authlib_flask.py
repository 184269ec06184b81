"""Signing in with Authlib, in a Flask application. Addresses, algorithms and keys come from discovery."""

import secrets

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, request, session, url_for


def application(issuer, client_id, client_secret):
    app = Flask(__name__)
    app.secret_key = secrets.token_bytes(32)
    # Whoever is signed in, by their session: tokens stay on this side.
    tokens = {}

    def remember(token, refresh_token=None, access_token=None):
        tokens[session["id"]].update(token)

    royaume = OAuth(app).register(
        "royaume",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_post",
        },
        # Authlib refreshes an access token that has expired before it uses it, and hands over what is new.
        update_token=remember,
    )

    @app.get("/login")
    def login():
        callback = url_for("callback", _external=True)
        return royaume.authorize_redirect(callback, **request.args)

    @app.get("/callback")
    def callback():
        token = royaume.authorize_access_token()
        session["id"] = secrets.token_urlsafe()
        tokens[session["id"]] = token
        return jsonify(tokens=token, claims=token["userinfo"], userinfo=royaume.userinfo())

    @app.get("/userinfo")
    def userinfo():
        return jsonify(userinfo=royaume.userinfo(token=tokens[session["id"]]))

    @app.get("/logout")
    def logout():
        left = tokens.pop(session["id"])
        return royaume.logout_redirect(url_for("signed_out", _external=True), left["id_token"])

    @app.get("/signed-out")
    def signed_out():
        royaume.validate_logout_response()
        return jsonify(signed_out=True)

    app.tokens = tokens
    return app
