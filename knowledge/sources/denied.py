"""What is never read, whatever its ending: keys, passwords and the folders of tools."""

import re
from fnmatch import translate

_FOLDERS = {"node_modules", "__pycache__", "site-packages", "__macosx"}

_SECRETS = (
    *(".env*", "*.env", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.pem", "*.key"),
    *("*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", "*.gpg", "*.ovpn"),
    *(".netrc", ".npmrc", ".pypirc", ".pgpass", ".htpasswd", "htpasswd", "known_hosts"),
    *("authorized_keys", "credentials", "credentials.csv", "credentials.txt", "secrets.txt"),
    *("passwords.csv", "passwords.txt", "client_secret*", ".git", ".ssh", ".aws", ".gnupg"),
)
_SECRET = re.compile("|".join(map(translate, _SECRETS)))

# Office's lock files and macOS's side files look like documents and hold none.
_DEBRIS = ("~$", "._", ".~lock.")

_PRIVATE_KEY = re.compile(rb"\s*-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")


def is_ignored_folder(name: str) -> bool:
    return name.startswith(".") or name.lower() in _FOLDERS


def is_debris(name: str) -> bool:
    return name.startswith(_DEBRIS)


def is_secret(name: str) -> bool:
    return _SECRET.match(name.lower()) is not None


def holds_private_key(data: bytes) -> bool:
    return _PRIVATE_KEY.match(data) is not None
