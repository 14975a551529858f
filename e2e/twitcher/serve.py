"""Twitcher on loopback, which checks tokens of Keycloak by the key of their realm.

    python serve.py --work DIR --port N --key KEY

KEY is the realm's public key: base64, in one line. Services are registered over HTTP, at /services, by the user
"registrar" with the password "registrar". The server has no service to begin with, and ends when it is killed.
"""

import argparse
import os

import twitcher
import waitress
from sqlalchemy import create_engine
from twitcher.models.meta import Base


def settings(options, database):
    return {
        "sqlalchemy.url": database,
        "twitcher.url": "http://127.0.0.1:%d" % options.port,
        "twitcher.adapter": "default",
        "twitcher.basicauth": "true",
        "twitcher.username": "registrar",
        "twitcher.password": "registrar",
        "twitcher.ows_proxy": "true",
        "twitcher.ows_security": "true",
        "twitcher.token.type": "keycloak_token",
        "keycloak.token.secret": options.key,
    }


def forgetful(app):
    """Ends the database session of a thread after each request.

    Twitcher 0.11.3 gives each request the session of its thread, and binds it to the transaction of that request. The
    next request of the thread would find it bound to one that is over, and be told that its service is unknown.
    """
    sessions = app.registry["dbsession_factory"]

    def forget_afterwards(environ, start_response):
        try:
            return app(environ, start_response)
        finally:
            sessions.remove()

    return forget_afterwards


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, help="folder for the database")
    parser.add_argument("--port", required=True, type=int, help="port on 127.0.0.1")
    parser.add_argument("--key", required=True, help="public key of the realm")
    options = parser.parse_args()

    database = "sqlite:///" + os.path.join(os.path.realpath(options.work), "twitcher.sqlite")
    Base.metadata.create_all(create_engine(database))
    app = twitcher.main({}, **settings(options, database))
    waitress.serve(forgetful(app), host="127.0.0.1", port=options.port)


if __name__ == "__main__":
    main()
