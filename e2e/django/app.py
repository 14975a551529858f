"""A Django site on loopback that is an OAuth provider, by Django OAuth Toolkit.

    python app.py --work DIR --port N

It runs with version 3.4 and with version 1.7. Its database is in DIR, and has a user and three clients:

    alice         password alice
    wps           public, authorization code, may come back to any port of 127.0.0.1
    wps-device    public, device code (not in 1.7)
    wps-service   confidential, client credentials

    /o/               the provider. Its metadata do not say where a device begins, and those of OpenID Connect not
                      where tokens are revoked either. 1.7 has only these, and only where a slash ends their address
    /accounts/login/  the page where one logs in
    /whoami/          says whose token it is sent, and answers 403 to one that is not good
"""

import argparse
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

SERVICE_SECRET = "wps service: 100%+é&/?"

LOGIN_PAGE = '<form method="post">{% csrf_token %}{{ form.as_p }}<button type="submit">Log in</button></form>'


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def configure(work: Path, url: str) -> None:
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        SECRET_KEY="for tests only",
        ROOT_URLCONF=Path(__file__).stem,
        LOGIN_URL="/accounts/login/",
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": work / "db.sqlite3",
                "OPTIONS": {"timeout": 20},
            }
        },
        # The tests are not about how hard a password is to guess.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            # Leads to the address with a slash at its end where that is missing. Every new site has it.
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_PAGE}),
                        "django.template.loaders.app_directories.Loader",
                    ],
                },
            }
        ],
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": signing_key(),
            "SCOPES": {"openid": "Who you are", "compute": "Run processes"},
            "DEFAULT_SCOPES": ["compute"],
            # 1.7 by itself is content with none.
            "PKCE_REQUIRED": True,
            "ACCESS_TOKEN_EXPIRE_SECONDS": 300,
            "ROTATE_REFRESH_TOKEN": True,
            "REFRESH_TOKEN_REUSE_PROTECTION": True,
            "DEVICE_FLOW_INTERVAL": 1,
            "OAUTH_DEVICE_VERIFICATION_URI": f"{url}/o/device/",
        },
    )


def populate() -> None:
    from django.contrib.auth.models import User
    from oauth2_provider.models import Application

    User.objects.create_user("alice", password="alice")
    clients = [
        ("wps", "public", "authorization-code", {"redirect_uris": "http://127.0.0.1", "algorithm": "RS256"}),
        ("wps-service", "confidential", "client-credentials", {"client_secret": SERVICE_SECRET}),
    ]
    if hasattr(Application, "GRANT_DEVICE_CODE"):
        clients.append(("wps-device", "public", Application.GRANT_DEVICE_CODE, {}))
    for client_id, client_type, grant, more in clients:
        Application.objects.create(
            name=client_id,
            client_id=client_id,
            client_type=client_type,
            authorization_grant_type=grant,
            **more,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()

    configure(arguments.work, f"http://127.0.0.1:{arguments.port}")
    django.setup()

    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    call_command("migrate", verbosity=0)
    populate()
    make_server("127.0.0.1", arguments.port, get_wsgi_application(), server_class=ThreadingServer).serve_forever()


if __name__ != "__main__":
    # Django imports this module for its addresses, once it is set up.
    from django.contrib.auth.views import LoginView
    from django.http import JsonResponse
    from django.urls import include, path
    from oauth2_provider import urls as provider
    from oauth2_provider.decorators import protected_resource
    from oauth2_provider.models import get_access_token_model

    @protected_resource()
    def whoami(request):
        owner = request.resource_owner
        token = request.headers["authorization"].split(" ", 1)[1]
        client = get_access_token_model().objects.get(token=token).application.client_id
        return JsonResponse({"name": owner.username if owner else None, "client": client})

    urlpatterns = [
        path("o/", include(provider, namespace="oauth2_provider")),
        *getattr(provider, "metadata_urlpatterns", []),
        path("accounts/login/", LoginView.as_view()),
        path("whoami/", whoami),
    ]
else:
    main()
