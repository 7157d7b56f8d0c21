"""Measures redaction on wordings that logs have: cues, keys, separators and scripts.

    python -m benchmarks wordings
    python -m benchmarks wordings --misses

Each row is a text with one value, `{}`. They were written before the rules that find them, in two
halves: FIRST was looked at while the rules were written; HELD_OUT was only ever counted, in other
languages, wordings, key spellings and separators. STAY holds texts that may not change at all.
"""

import argparse
from collections import Counter
from collections.abc import Iterator

from benchmarks.redaction.recall import redacted

HEX = "9f2c4b7ad01e" + "4c3b8a6d5e7f90a1b2c3"
MIXED = "hV7qLw2Zt9Rk" + "4XnB8mCd3Yp"
SHORT = "k3v9" + "q27xz"
Row = tuple[str, str, str]
"""Kind, text with `{}`, value."""

FIRST: tuple[Row, ...] = (
    ("secret", "my token {} expired", HEX),
    ("secret", "use the api key {}", HEX),
    ("secret", "the access token for staging is {} and works", MIXED),
    ("secret", "token {} has expired, please renew", SHORT),
    ("secret", "{} is my api key", HEX),
    ("secret", "I set the secret to {} yesterday", MIXED),
    ("secret", "API-Schlüssel: {}", HEX),
    ("secret", "mein Token {} ist abgelaufen", HEX),
    ("secret", "mi clave de API es {}", HEX),
    ("secret", "la clé API {} ne marche plus", HEX),
    ("secret", "APIキーは{}です", HEX),
    ("secret", "API密钥：{}", HEX),
    ("password", "my password is {}", "plumTree"),
    ("password", "password hunter {}", "two"),
    ("password", "login with password {} please", "Orchid"),
    ("password", "Mein Passwort lautet {}", "Sonnenblume!42"),
    ("password", "Mein Passwort ist {}", "Sonnenblume"),
    ("password", "mi contraseña es {}", "Girasol#58"),
    ("password", "contraseña: {}", "girasol"),
    ("password", "mon mot de passe est {}", "tournesol9"),
    ("password", "minha senha é {}", "girassol7"),
    ("password", "мой пароль {}", "sunflower9"),
    ("password", "пароль: {}", "подсолнух"),
    ("password", "パスワードは{}です", "himawari42"),
    ("password", "密码是{}", "kuihua42"),
    ("password", "密码：{}", "kuihua"),
    ("password", "Server=db7;Uid=svc;Pwd={};", "plumTree"),
    ("password", "mysql://app:{}@db7.example/x", "plumTree"),
    ("password", "PGPASSWORD={} psql -h db7", "plumTree"),
    ("password", "export DB_PASS={}", "plumTree7"),
    ("password", "smtp password = '{}'", "plum tree"),
    ("password", '{"key": "password", "value": "{}"}', "Orchid77!tram"),
    ("password", '{"name": "DB_PASSWORD", "value": "{}"}', "orchid"),
    ("password", '{"field": "password", "val": "{}"}', "orchid"),
    ("password", '{"k": "pwd", "v": "{}"}', "orchid"),
    ("password", '{"passwort": "{}"}', "Sonnenblume"),
    ("password", '{"mot_de_passe": "{}"}', "tournesol"),
    ("password", '{"adminPassword": "{}"}', "orchid"),
    ("password", '{"SMTP_PASS": "{}"}', "orchid"),
    ("secret", '{"header": "X-Api-Key", "value": "{}"}', MIXED),
    ("secret", '[["Authorization", "{}"], ["Accept", "*/*"]]', MIXED),
    ("secret", '{"env": ["PATH=/bin", "API_TOKEN={}"]}', MIXED),
    ("password", "- name: DB_PASSWORD\n  value: {}\n", "orchid"),
    ("name", '{"vorname": "{}"}', "Kerstin"),
    ("name", '{"nachname": "{}"}', "Ahlbrecht"),
    ("name", '{"apellido": "{}"}', "Valderrama"),
    ("name", '{"nombre": "{}", "telefono": "+34 952 41 73 86"}', "Rocío"),
    ("name", '{"prénom": "{}"}', "Amélie"),
    ("name", '{"氏名": "{}"}', "佐藤恵子"),
    ("name", '{"姓名": "{}"}', "王小明"),
    ("name", '{"фамилия": "{}"}', "Кузнецова"),
    ("name", "Ich heiße {}.", "Kerstin Ahlbrecht"),
    ("name", "Me llamo {}.", "Rocío Valderrama"),
    ("name", "Je m'appelle {}.", "Amélie Rousselot"),
    ("name", "Meu nome é {}.", "Tânia Figueiredo"),
    ("name", "Меня зовут {}.", "Ольга Кузнецова"),
    ("name", "私の名前は{}です", "佐藤恵子"),
    ("name", "我叫{}，你好", "王小明"),
    ("birth date", '{"geburtsdatum": "{}"}', "14.03.1987"),
    ("birth date", '{"fecha_de_nacimiento": "{}"}', "14/03/1987"),
    ("birth date", '{"生年月日": "{}"}', "1987年3月14日"),
    ("birth date", "Ich bin am {} geboren", "14.03.1987"),
    ("birth date", "geboren am {}", "14. März 1987"),
    ("birth date", "nací el {}", "14 de marzo de 1987"),
    ("birth date", "né le {}", "14 mars 1987"),
    ("birth date", "生年月日は{}です", "1987年3月14日"),
    ("phone", "電話番号は{}です。", "090-3847-1926"),
    ("phone", "電話番号は{}です。", "+81 90-3847-1926"),
    ("phone", "电话{}谢谢", "138 1234 5678"),
    ("phone", "Meine Handynummer ist {}.", "0171 4938271"),
    ("phone", "Mi teléfono es {}.", "952 41 73 86"),
    ("phone", "telefone {}", "(11) 91234-5678"),
    ("phone", "телефон: {}", "8 (912) 345-67-89"),
    ("IP", "値は{}です", "203.0.113.77"),
    ("card", "カード番号は{}です", "４０００００１２３４５６７８９９"),
    ("card", "card {} ok", "4000\u200b0012\u200b3456\u200b7899"),
    ("card", "card {} ok", "4000\u00a00012\u00a03456\u00a07899"),
    ("email", "メールは{}です", "keiko.sato@mail-test.jp"),
    ("email", "Schreiben Sie an {}", "jörg.brandt@müller-söhne.de"),
    ("address", "Bitte an {}, 50674 Köln.", "Lindenstraße 47"),
    ("address", "Envoyez-le au {}, 69003 Lyon.", "18 rue des Tilleuls"),
    ("address", "Vivo en {}.", "Calle Mayor 14"),
    ("address", "Abito in {}.", "Via Garibaldi 22"),
    ("address", '{"strasse": "{}"}', "Lindenstraße 47"),
    ("address", '{"calle": "{}"}', "Calle Mayor 14"),
    ("address", "住所は{}です", "東京都渋谷区神南1-2-3"),
    ("national id", "My German tax id (Steuer-ID) is {}.", "86095742719"),
    ("national id", "Mi DNI es {}.", "12345678Z"),
    ("national id", "マイナンバーは{}です", "1234 5678 9018"),
    ("national id", "my Spanish DNI number is {}", "12345678Z"),
    ("national id", "my Polish PESEL is {}", "44051401359"),
    ("national id", "my CPF is {}", "529.982.247-25"),
    ("national id", "身份证号{}", "11010519491231002X"),
    ("national id", '{"cpf": "{}"}', "529.982.247-25"),
    ("national id", '{"steuer_id": "{}"}', "86095742719"),
)

HELD_OUT: tuple[Row, ...] = (
    ("secret", "why was the token {} rejected?", HEX),
    ("secret", "please rotate api-key {} today", HEX),
    ("secret", "my secret key, {}, leaked", MIXED),
    ("secret", "the bot's token (expires soon): {}", MIXED),
    ("secret", "the key for the maps service is {}", MIXED),
    ("secret", "use {} as the API token", HEX),
    ("secret", "access key {} is inactive", SHORT),
    ("secret", "webhook secret {}", MIXED),
    ("secret", "my licence key is {}", "K7QF-" + "9ZT2-XW4M-3BHD"),
    ("secret", "de API-sleutel is {}", HEX),
    ("secret", "moj klucz API to {}", HEX),
    ("secret", "la chiave API è {}", HEX),
    ("secret", "API 키는 {}입니다", HEX),
    ("secret", "ключ API {} не работает", HEX),
    ("secret", "токен {}", MIXED),
    ("secret", "トークン：{}", MIXED),
    ("secret", "令牌{}已过期", HEX),
    ("password", "the wifi password is {}", "Marmalade"),
    ("password", "sign in as mia with the password {}.", "Marmalade"),
    ("password", "my passcode was {}", "silverfox9"),
    ("password", "pw: {}", "marmalade"),
    ("password", "passwd {} does not work", "marm4lade"),
    ("password", "user mia / pass {}", "marm4lade"),
    ("password", "Kennwort: {}", "Apfelbaum"),
    ("password", "das Kennwort ist {}, danke", "Apfelbaum7"),
    ("password", "la clave es {}", "manzano77"),
    ("password", "la mia password è {}", "melograno8"),
    ("password", "mijn wachtwoord is {}", "appelboom8"),
    ("password", "mitt lösenord är {}", "appeltrad8"),
    ("password", "moje hasło to {}", "jablon!88"),
    ("password", "şifrem {}", "elma88agac"),
    ("password", "kata sandi saya {}", "apel88pohon"),
    ("password", "mật khẩu là {}", "caytao88"),
    ("password", "비밀번호는 {}입니다", "sagwa88na"),
    ("password", "كلمة المرور هي {}", "tuffah88"),
    ("password", "הסיסמה היא {}", "tapuach88"),
    ("password", "मेरा पासवर्ड {} है", "seb88ped"),
    ("password", "暗証番号は{}です", "8841"),
    ("password", "我的密碼是{}，謝謝", "pingguo88"),
    ("password", "парол: {}", "yablaka88"),
    ("password", "ｐａｓｓｗｏｒｄ：{}", "marmalade"),
    ("password", "password\u00a0:\u00a0{}", "marmalade"),
    ("password", "password：{}", "marmalade"),
    ("password", "\u200fpassword\u200e: {}", "marmalade7"),
    (
        "password",
        "DATABASE_URL=postgresql+asyncpg://svc:{}@pg.example:5432/x",
        "marm@lade".replace("@", ""),
    ),
    ("password", "amqp://svc:{}@mq.example//", "marmalade"),
    ("password", "jdbc:postgresql://pg.example/x?user=svc&password={}", "marmalade"),
    ("password", "sshpass -p {} ssh app@host.example", "marm4lade"),
    ("password", "mysql -u root -p{} shop", "marm4lade"),
    ("password", "--password {} --verbose", "marmalade"),
    ("password", "Data Source=x;User Id=a;PASSWORD = {};", "marmalade"),
    ("password", "redis-cli -a {} ping", "marm4lade"),
    ("password", '{"setting": "smtp.password", "value": "{}"}', "marmalade"),
    ("password", '{"Key": "MYSQL_ROOT_PASSWORD", "Value": "{}"}', "marmalade"),
    ("password", '{"label": "Password", "text": "{}"}', "marmalade"),
    ("password", '{"attribute": "userPassword", "values": ["{}"]}', "marmalade"),
    ("password", '{"param": "passwd", "data": "{}"}', "marmalade"),
    ("password", '{"variable": "ADMIN_PWD", "content": "{}"}', "marmalade"),
    ("password", '{"key": "password", "value": {"stringValue": "{}"}}', "marmalade"),
    ("password", '{"password": {"value": "{}"}}', "marmalade"),
    ("password", '{"property": "spring.datasource.password", "value": "{}"}', "marmalade"),
    ("password", '["--user", "mia", "--password", "{}"]', "marmalade"),
    ("password", "<entry><key>password</key><value>{}</value></entry>", "marmalade"),
    ("password", '<add name="password" value="{}"/>', "marmalade"),
    ("password", '<input type="password" name="pw" value="{}">', "marmalade"),
    ("password", "{'name': 'DB_PASSWORD', 'value': '{}'}", "marmalade"),
    ("password", '{"senha": "{}"}', "macieira"),
    ("password", '{"wachtwoord": "{}"}', "appelboom"),
    ("password", '{"contrasena": "{}"}', "manzano"),
    ("password", '{"hasło": "{}"}', "jablon"),
    ("password", '{"パスワード": "{}"}', "ringo"),
    ("password", '{"密码": "{}"}', "pingguo"),
    ("password", '{"пароль": "{}"}', "yablonya"),
    ("password", '{"비밀번호": "{}"}', "sagwana"),
    ("password", '{"new_password": "{}", "old_password": "x"}', "marmalade"),
    ("password", '{"passwordConfirmation": "{}"}', "marmalade"),
    ("password", '{"wifi-password": "{}"}', "marmalade"),
    ("secret", '{"slack_bot_token": "{}"}', MIXED),
    ("secret", '{"openaiApiKey": "{}"}', "abc" + "def-12345"),
    ("secret", '{"headers": [{"name": "Authorization", "value": "{}"}]}', MIXED),
    ("secret", '{"rawHeaders": ["Host", "x.example", "X-Auth-Token", "{}"]}', MIXED),
    ("secret", '{"signing_secret": "{}"}', "marmalade-tea"),
    ("secret", "X-API-KEY: {}", "abcd" + "1234efgh"),
    ("secret", "Authorization: Token {}", HEX),
    ("secret", "Authorization: ApiKey {}", MIXED),
    ("secret", "Proxy-Authorization: Basic {}", "bWFybWFsYWRl" + "OnRlYQ=="),
    ("secret", "set api_key={} in .env", "abcd1234" + "efgh"),
    ("name", '{"Nombre completo": "{}"}', "Inés Carrascosa"),
    ("name", '{"achternaam": "{}"}', "Verhoeven"),
    ("name", '{"cognome": "{}"}', "Ferraresi"),
    ("name", '{"sobrenome": "{}"}', "Figueiredo"),
    ("name", '{"nazwisko": "{}"}', "Wojciechowska"),
    ("name", '{"förnamn": "{}"}', "Märta"),
    ("name", '{"etternavn": "{}"}', "Bjørnstad"),
    ("name", '{"Имя": "{}"}', "Светлана"),
    ("name", '{"이름": "{}"}', "김민수"),
    ("name", '{"名字": "{}"}', "李小龙"),
    ("name", '{"soyadı": "{}"}', "Yıldırım"),
    ("name", '{"key": "customer_name", "value": "{}"}', "Kerstin Ahlbrecht"),
    ("name", "Mein Name ist {} und ich", "Detlef Oberländer"),
    ("name", "mi nombre es {}.", "Inés Carrascosa"),
    ("name", "mon nom est {},", "Thibault Marchandeau"),
    ("name", "Mi chiamo {}.", "Fiammetta Ferraresi"),
    ("name", "Ik heet {}.", "Maartje Verhoeven"),
    ("name", "Jag heter {}.", "Märta Lindqvist"),
    ("name", "Nazywam się {}.", "Bożena Wojciechowska"),
    ("name", "제 이름은 {}입니다", "김민수"),
    ("name", "Benim adım {}.", "Ayşegül Yıldırım"),
    ("name", "Frau {} hat angerufen", "Oberländer"),
    ("name", "Sra. {} llamó", "Carrascosa"),
    ("name", "氏名：{}", "高橋美咲"),
    ("name", "I'm called {}.", "Svetlana Moroz"),
    ("birth date", '{"data_di_nascita": "{}"}', "14/03/1987"),
    ("birth date", '{"date_naissance": "{}"}', "14/03/1987"),
    ("birth date", '{"geboortedatum": "{}"}', "14-03-1987"),
    ("birth date", '{"дата_рождения": "{}"}', "14.03.1987"),
    ("birth date", '{"出生日期": "{}"}', "1987-03-14"),
    ("birth date", "Geburtsdatum: {}", "14.03.1987"),
    ("birth date", "sono nato il {}", "14/03/1987"),
    ("birth date", "data de nascimento {}", "14/03/1987"),
    ("birth date", "дата рождения: {}", "14.03.1987"),
    ("birth date", "生日是{}", "1987年3月14日"),
    ("birth date", "date of birth - {}", "14 Mar 87".replace("87", "1987")),
    ("phone", "전화번호는 {}입니다", "010-3847-1926"),
    ("phone", "رقم هاتفي {}", "+971 50 123 4567"),
    ("phone", "ligue para {} hoje", "+55 (11) 91234-5678"),
    ("phone", "mijn nummer is {}", "+31 6 12345678"),
    ("phone", "позвоните {}", "+7 912 345-67-89"),
    ("phone", "โทร{}ครับ", "+66 81 234 5678"),
    ("phone", "連絡先{}まで", "03-6384-1927"),
    ("phone", "手机号是{}", "13812345678"),
    ("phone", "numero di cellulare {}", "347 123 4567"),
    ("phone", "my number is {}", "+४४ २० ७९४६ ०९५८"),
    ("phone", "tél. {}", "06 12 34 56 78"),
    ("IP", "адрес{}сейчас", "203.0.113.77"),
    ("IP", "العنوان {}", "203.0.113.77"),
    ("card", "номер карты{}спасибо", "4000 0012 3456 7899"),
    ("card", "카드{}입니다", "4000001234567899"),
    ("card", "card {} ok", "4000\u202f0012\u202f3456\u202f7899"),
    ("card", "card \u202a{}\u202c ok", "4000001234567899"),
    ("card", "بطاقة {}", "٤٠٠٠٠٠١٢٣٤٥٦٧٨٩٩"),
    ("email", "邮箱是{}谢谢", "keiko.sato@mail-test.cn"),
    ("email", "почта{}жду", "svetlana@mail-test.ru"),
    ("email", "mail {} please", "mia＠shop.example"),
    ("email", "mail {} please", "mia@\u200bshop.example"),
    ("IBAN", "口座は{}です", "DE44500105175407324931"),
    ("IBAN", "счёт{}", "DE44 5001 0517 5407 3249 31"),
    ("address", "Ik woon op {}.", "Kerkstraat 12"),
    ("address", "Moro na {}.", "Rua das Flores, 123"),
    ("address", "Jag bor på {}.", "Storgatan 5"),
    ("address", "ul. {}", "Marszałkowska 10"),
    ("address", "живу на ул. {}", "Ленина, д. 5"),
    ("address", "C'est au {}.", "7 bis, avenue Victor Hugo"),
    ("address", "地址：{}", "北京市朝阳区建国路88号"),
    ("address", "Wohnhaft {}", "Am Alten Markt 3"),
    ("address", '{"indirizzo": "{}"}', "Via Garibaldi 22"),
    ("address", '{"adresse": "{}"}', "18 rue des Tilleuls"),
    ("address", '{"住所": "{}"}', "東京都渋谷区神南1-2-3"),
    ("national id", "my Dutch BSN is {}", "111222333"),
    ("national id", "codice fiscale {}", "RSSMRA85T10A562S"),
    ("national id", "numer PESEL: {}", "44051401359"),
    ("national id", "meu CNPJ é {}", "11.222.333/0001-81"),
    ("national id", "my Aadhaar is {}", "2345 6789 0124"),
    ("national id", "personnummer {}", "811218-9876"),
    ("national id", "주민등록번호 {}", "880101-1234568"),
    ("national id", "ИНН {}", "500100732259"),
    ("national id", "numéro de sécurité sociale {}", "2 69 05 49 588 157 80"),
    ("national id", "T.C. kimlik no {}", "10000000146"),
    ("national id", "my Swedish personal number is {}", "811218-9876"),
    ("national id", "my identity card number: {}", "X4R7T2KK"),
    ("national id", '{"codice_fiscale": "{}"}', "RSSMRA85T10A562S"),
    ("national id", '{"numero_documento": "{}"}', "12345678Z"),
)

STAY: tuple[str, ...] = (
    '{"password": "Password must have 8 characters"}',
    '{"token": "invalid or expired"}',
    '{"password": ["This field is required.", "Too short."]}',
    '{"errors": {"password": "is too weak"}}',
    '{"passwort": "Das Passwort ist falsch"}',
    '{"api_key": "Missing or malformed"}',
    '{"secret": "not found"}',
    '{"contraseña": "La contraseña no es válida"}',
    '{"key": "ctrl+shift+down", "command": "editor.move"}',
    '{"key": "theme", "value": "dark"}',
    '{"name": "Orange juice", "value": "3.50"}',
    '{"next_page_token": "abc", "max_tokens": 4096}',
    '{"token_type": "Bearer", "tokens": 512}',
    '{"label": "City", "value": "Oslo"}',
    "the password is incorrect",
    "your password has expired and must be changed",
    "I forgot my password, can you reset it?",
    "password reset link sent",
    "The token is invalid or expired.",
    "token limit exceeded: 4096 tokens",
    "a password manager keeps passwords",
    "the secret to good coffee is patience",
    "the key is under the mat",
    "das Passwort ist falsch",
    "Passwort vergessen? Bitte zurücksetzen.",
    "la contraseña es incorrecta",
    "le mot de passe est trop court",
    "パスワードが間違っています",
    "密码错误，请重试",
    "пароль неверный",
    "order numbers 6033391 and 6058722",
    "[envVar: 'TF_VAR_ID', vaultKey: 'inf-role-id']",
    "My name is required on the form.",
    "Mein Name ist auf dem Ticket falsch.",
    "Frau am Schalter war nett",
    "the street is closed, take route 66",
    "die Straße ist gesperrt",
    "rue means street in French",
    "see chapter 12, section 4 on page 318",
    "tax identification is due on 2026-05-19",
    "my passport expires on 2027-03-01",
    "the phone has 128 GB and costs 599",
    "Telefon 15 Pro Max kostet 1299 Euro",
    "born to run, 1975 and 2026",
    "API key rotation happens every 90 days",
    "the access key field takes 20 characters",
    "Basic plan, 3 seats",
    "https://x.example/reset?lang=en&step=2",
    "commit 9f2c4b7ad01e4c3b8a6d5e7f90a1b2c3d4e5f607 fixed the token parser",
    '{"type": "password", "title": "Password", "minLength": 8}',
    "version 10.2.3.4, 192.168.x.x",
    "HAT136 on 2026-05-19T22:00:00 to LGA",
    "the pin is stuck",
    "用户名不能为空",
    "住所が変わりました",
    "名前は必須です",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--misses", action="store_true", help="print what was missed in FIRST")
    given = parser.parse_args()
    for line in table(given.misses):
        print(line)


def table(misses: bool) -> Iterator[str]:
    """Values gone by kind, in both halves, and texts that were to stay and did."""
    halves = {"first": FIRST, "held out": HELD_OUT}
    gone: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    for half, rows in halves.items():
        texts = [text.replace("{}", value) for _, text, value in rows]
        for (kind, _, value), text, out in zip(
            rows, texts, redacted(texts, part_records=1), strict=True
        ):
            total[kind, half] += 1
            gone[kind, half] += value not in out
            if value in out and half == "first":
                missed.append(text)
    yield "| kind | " + " | ".join(halves) + " |"
    yield "|---|" + "--:|" * len(halves)
    for kind in dict.fromkeys(kind for rows in halves.values() for kind, _, _ in rows):
        yield f"| {kind} | " + " | ".join(_share(gone, total, kind, half) for half in halves) + " |"
    sums = [
        f"{sum(gone[k, h] for k, h in gone if h == half)} of {len(rows)}"
        for half, rows in halves.items()
    ]
    yield "| **all** | " + " | ".join(sums) + " |"
    changed = [text for text, out in zip(STAY, redacted(STAY), strict=True) if out != text]
    yield f"\nTexts that were to stay: {len(STAY) - len(changed)} of {len(STAY)} did."
    if misses:
        yield from ("", *(f"missed: {text!r}" for text in missed))
        yield from (f"changed: {text!r}" for text in changed)


def _share(
    gone: Counter[tuple[str, str]], total: Counter[tuple[str, str]], kind: str, half: str
) -> str:
    return f"{gone[kind, half]} of {total[kind, half]}" if total[kind, half] else ""


if __name__ == "__main__":
    main()
