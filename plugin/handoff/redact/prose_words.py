"""The words of eight languages with which people tell a secret."""

from __future__ import annotations

# What is told to be a password: a value only has to look like one.
PASSWORDS = (
    *("password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "passwörter", "mot de passe"),
    *("phrase secrète", "phrase de passe", "contraseña", "contrasena", "clave de acceso", "senha"),
    *("palavra-passe", "palavra passe", "пароль", "пароля", "паролем", "паролю", "パスワード", "パスフレーズ", "暗証番号"),
    *("hasło", "hasła", "şifre", "şifresi", "parola", "parolası", "비밀번호", "암호", "패스워드", "parola d'ordine", "heslo"),
    *("lösenord", "lösenordet", "adgangskode", "passord", "salasana", "jelszó", "parole", "wachtwoordzin", "кодовая фраза", "パス"),
    *("contraseñas", "passwortphrase", "zugangspasswort", "losung", "codigo de acceso", "código de acceso", "mdp"),
    *("пароле", "通行码", "登录密码", "pass phrase", "pass code", "passcodes", "clave secreta", "palabra clave"),
    *("合言葉", "密码", "密碼", "口令", "pwd", "pass", "pw", "pin-code", "wachtwoord"),
    # In sentences these hold a login: `admin / X`.
    *("credentials", "zugangsdaten", "anmeldedaten", "identifiants", "credenciales", "credenciais"),
    *("учётные данные", "учетные данные", "認証情報", "凭据", "账号密码"),
)  # fmt: skip
# What may be a key of another kind: the value must look random as well.
KEYS = (
    *("api key", "apikey", "api-key", "key", "token", "secret", "schlüssel", "zugangsschlüssel", "clé", "clave"),
    *("llave", "chave", "ключ", "токен", "секрет", "鍵", "キー", "トークン", "シークレット", "密钥", "密鑰", "令牌"),
    *("jeton", "geheimnis", "sleutel", "klucz", "chiave", "anahtar", "키", "토큰", "secreto", "segredo", "ключа", "ключом", "токена"),
)  # fmt: skip
# What a login is called where no noun stands: `log in as root / X`.
LOGINS = (
    *("log in", "login", "logon", "sign in", "log on", "connect as", "melde dich", "anmelden", "einloggen", "logg dich"),
    *("connecte-toi", "connectez-vous", "connecter", "entra como", "entra con", "inicia sesión", "entre como", "entre com"),
    *("faça login", "войди", "войдите", "зайди", "логин", "ログイン", "サインイン", "登录", "登入", "登陆"),
    *("credentials", "creds", "zugangsdaten", "anmeldedaten", "identifiants", "credenciales", "credenciais"),
    *("учётные данные", "учетные данные", "認証情報", "凭据", "账号"),
)  # fmt: skip
# Of these joins, what also means a direction: nothing was said to `be` before it.
DIRECTIONS = frozenset(("to", "as", "auf", "en", "à", "a", "para", "на", "on"))
STATES = frozenset(
    ("is", "are", "was", "be", "been", "ist", "wird", "wurde", "est", "sera", "es", "está", "é")
)
CHANGES = frozenset(
    (
        *("changed", "set", "reset", "updated", "rotated", "geändert", "gesetzt", "zurückgesetzt"),
        *("changé", "mis", "cambiada", "cambiado", "alterada", "mudada", "definida"),
    )
)
# What joins the noun and the value.
COPULAS = (
    *("is", "was", "'s", "to", "as", "are", "will be", "becomes", "remains", "reads"),
    *("ist", "lautet", "heißt", "war", "auf", "wäre", "bleibt", "est", "en", "sera", "était", "à", "es", "era", "a", "será"),
    *("è", "e'", "sarà", "jest", "to", "är", "er", "on", "olur", "은", "는", "이", "가", "se llama", "wurde", "now", "equals", "c'est"),
    *("é", "para", "será", "это", "на", "является", "теперь", "был", "は", "が", "を", "には", "是", "为", "為", "改为", "改成"),
    *("改成了", "改成", "设为", "叫", "就是", "になりました"),
)  # fmt: skip
# What makes a value before the noun one: `use X as the password`, `X is the key`.
JOINS_BEHIND = (
    r"(?:is|was|as|works as|should be|ist|als|lautet|war|est|comme|sera|es|come|jako|è|jest|olarak|como|era|é|—\s*это|—|–|-|это|как|в качестве|"
    r"は|が|を|で|是|作为|作為|做|当作|为)"
)
