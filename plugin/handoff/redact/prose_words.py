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

# A secret takes the place of another: `replaced by X`, `durch X ersetzt`, `auf X zurückgesetzt`.
REPLACED = frozenset(
    (
        *("replaced", "swapped", "ersetzt", "remplacé", "remplacée", "reemplazada", "reemplazado"),
        *("sustituida", "substituída", "substituida", "trocada", "сменён", "заменён", "заменен", "заменили"),
    )
)  # fmt: skip
BY = frozenset(("by", "with", "for", "durch", "par", "por"))
# Behind the value in a German sentence: `auf X zurückgesetzt`, `muss X sein`.
VERB_ENDS = frozenset(
    (*CHANGES, *REPLACED, "abgeändert", "geaendert", "zurueckgesetzt", "umgestellt", "festgelegt")
)
# Only what can be nothing but a password follows these: `must be X`, `doit être X`.
MUST_BE = frozenset(
    (
        *("be", "sein", "muss", "soll", "être", "ser", "быть", "devient", "now", "jetzt", "namely", "it's"),
        *("nämlich", "maintenant", "ahora", "agora", "теперь", "такой", "by", "gleich", "именно", "called"),
    )
)  # fmt: skip
# What somebody is told to do with it when it is asked for.
ENTER = frozenset(
    (
        *("enter", "type", "use", "try", "input", "paste", "give", "supply", "gib", "tippe", "nimm", "verwende"),
        *("nutze", "tape", "tapez", "entre", "entrez", "saisis", "saisissez", "utilise", "utilisez", "mets"),
        *("escribe", "escriba", "introduce", "introduzca", "usa", "use", "pon", "ingresa", "digite", "digita"),
        *("informe", "coloque", "insira", "введи", "введите", "набери", "наберите", "вводи", "вводите", "используй"),
    )
)  # fmt: skip
ASKED = (
    *("ask", "prompt", "want", "request", "require", "need", "gefragt", "fragt", "nachgefragt", "verlangt", "benötigt"),
    *("abgefragt", "demand", "réclame", "invite", "pide", "pida", "pidan", "piden", "pregunta", "solicit", "pedir"),
    *("pede", "pedirem", "perguntar", "спрос", "попрос", "прос", "запрос", "требу", "聞かれ", "求め", "訊かれ", "要求", "提示"),
    *("询问", "需要", "问"),
)  # fmt: skip
# Where a sentence asks for something and no noun stands: `if asked, enter X`.
QUESTIONS = (
    *("if asked", "when asked", "when prompted", "if prompted", "falls gefragt", "wenn gefragt", "wenn du gefragt"),
    *("falls du gefragt", "si on te demande", "si on vous demande", "si te pide", "si lo pide", "cuando te pida"),
    *("se pedir", "quando pedir", "если спросит", "если попросит", "когда спросит", "聞かれたら", "求められたら"),
    *("如果要求", "如果提示", "如果询问", "提示时"),
)  # fmt: skip
ENTER_PARTICLES = ("请输入", "输入", "请用", "请使用", "使用", "就填", "填", "填写", "敲")
WHEN_PARTICLES = ("たら", "ときは", "時は", "には", "なら")
# X first: `X, the password for staging`, `X — c'est le mot de passe`.
POINTERS = (
    r"(?:that's|that is|this is|it's|the|our|my|das ist|das|dies ist|unser|mein|c'est|voici|le|la|notre|mon|esa es|"
    r"esta es|es|nuestra|mi|essa é|esta é|é|a|nossa|minha|это|наш|мой|вот)"
)
