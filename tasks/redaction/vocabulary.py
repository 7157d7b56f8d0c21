"""What people and tools call personal data and secrets, in many languages.

    KEYS[Kind.PASSWORD]       keys of JSON and metadata: password, Passwort, contraseña, 密码, …
    PASSWORD_CUES             words in front of a value in running text
    STATUS                    words of a text that tells about a secret instead of being one

One owner for both: `fields` reads the keys, `secrets` and `personal` the cues.
"""

from tasks.redaction.kinds import Kind

KEYS: dict[Kind, str] = {
    Kind.EMAIL: "email mail emailaddress mailaddress useremail contactemail emailadresse mailadresse "
    "correo correoelectronico courriel adresseemail adressemail epost eposta posta "
    "почта электроннаяпочта элпочта メール メールアドレス 邮箱 电子邮件 電子郵件 이메일 البريدالإلكتروني",
    Kind.PHONE: "phone phonenumber mobile mobilenumber mobilephone cellphone telephone tel fax "
    "whatsapp contactnumber homephone workphone msisdn telefon telefonnummer handy handynummer "
    "mobilnummer mobil rufnummer telefono numerotelefono numerodetelefono celular movil portable "
    "numerodetelephone cellulare telefone telemovel telefoon telefoonnummer mobiel puhelin "
    "numertelefonu komorka телефон номертелефона мобильный 電話 電話番号 携帯 携帯番号 携帯電話 电话 "
    "电话号码 手机 手机号 手机号码 手機 전화 전화번호 휴대폰 هاتف رقمالهاتف טלפון फोन telepon nomorhp "
    "sodienthoai cepnumarasi",
    Kind.CARD: "cardnumber creditcardnumber creditcard debitcardnumber ccnumber ccnum pan "
    "kartennummer kreditkartennummer numerodetarjeta numerotarjeta numerodecarte numerocarta "
    "numerodocartao kaartnummer numerkarty номеркарты カード番号 卡号 信用卡号 카드번호",
    Kind.PIN: "cvv cvc cvv2 cardcvv pin pincode otp onetimecode securitycode pruefziffer "
    "codigodeseguridad codesecret einmalcode 暗証番号 验证码 驗證碼 인증번호",
    Kind.IBAN: "iban ibannumber ibannummer",
    Kind.IP: "ip ipaddress clientip sourceip remoteip remoteaddr xforwardedfor",
    Kind.SSN: "ssn socialsecurity socialsecuritynumber",
    Kind.NATIONAL_ID: "passport passportnumber passportno nationalid nationalidnumber taxid tin "
    "driverslicense driverlicense drivinglicence licensenumber licencenumber nhsnumber nino itin "
    "bankaccount bankaccountnumber accountnumber routingnumber aadhaar pesel personnummer sin "
    "reisepass reisepassnummer passnummer ausweis ausweisnummer personalausweis steuerid "
    "steuernummer steueridentifikationsnummer sozialversicherungsnummer kontonummer "
    "fuehrerschein pasaporte numeropasaporte numerodepasaporte dni nif "
    "numerodocumento numerodedocumento cedula curp cuit cuil passeport numeropasseport "
    "numerosecuritesociale numerodesecuritesociale numerofiscal passaporto codicefiscale "
    "partitaiva cartadidentita cpf cnpj paspoort paspoortnummer bsn burgerservicenummer "
    "rijbewijs personnumer cprnummer cpr fodselsnummer henkilotunnus paszport numerpaszportu nip "
    "dowod rodnecislo cnp egn oib jmbg tckimlik tckimlikno kimlikno ktp nric mykad emiratesid "
    "iqama teudatzehut паспорт номерпаспорта инн снилс パスポート番号 旅券番号 マイナンバー 個人番号 "
    "免許証番号 口座番号 身份证 身份证号 身份证号码 护照 护照号 护照号码 身分證字號 銀行帳號 银行账号 "
    "주민등록번호 여권번호 계좌번호 رقمالهوية رقمجوازالسفر identitynumber idcardnumber "
    "identitycard personalnumber abn tfn pps ppsnumber sortcode",
    Kind.BIRTH_DATE: "dob dateofbirth birthdate birthday birthdatetime bday geburtsdatum "
    "geburtstag fechadenacimiento fechanacimiento datedenaissance datenaissance datadinascita "
    "datanascita datadenascimento datanascimento geboortedatum fodelsedatum fodselsdato "
    "foedselsdato fodselsdag syntymaaika dataurodzenia datumnarozeni datanasterii dogumtarihi "
    "tanggallahir ngaysinh датарождения деньрождения 生年月日 誕生日 出生日期 出生年月日 生日 생년월일 생일 "
    "تاريخالميلاد תאריךלידה जन्मतिथि",
    Kind.NAME: "firstname lastname givenname familyname surname middlename fullname forename "
    "maidenname nickname customername passengername guestname patientname holdername "
    "accountholder cardholder cardholdername contactname recipientname sendername "
    "displayname legalname travelername travellername membername employeename authorname "
    "callername clientname requestername reportername visitorname subscribername buyername "
    "sellername drivername applicantname beneficiaryname studentname parentname spousename "
    "vorname nachname familienname geburtsname rufname vollername kundenname ansprechpartner "
    "karteninhaber nombrecompleto apellido apellidos primerapellido segundoapellido "
    "nombredepila prenom prenoms nomdefamille nomcomplet nomclient nomecompleto cognome "
    "nomeecognome sobrenome apelido primeironome ultimonome voornaam achternaam volledigenaam "
    "fornamn efternamn fornavn etternavn efternavn fulltnavn etunimi sukunimi imie nazwisko "
    "imieinazwisko prijmeni prenume vezeteknev keresztnev soyad soyadi "
    "adsoyad namalengkap hoten фамилия отчество фио полноеимя 氏名 姓 お名前 苗字 姓名 "
    "フリガナ ふりがな 姓氏 성명 성함 الاسمالكامل اسمالعائلة שםפרטי שםמשפחה שםמלא "
    "पूरानाम",
    Kind.PERSON_ID: "username login loginname screenname benutzername nombredeusuario usuario "
    "nomutilisateur gebruikersnaam nomeutente nomedeusuario логин ユーザー名 用户名",
    Kind.ADDRESS: "address address1 address2 address3 addressline1 addressline2 street "
    "streetaddress streetname street1 street2 homeaddress billingaddress shippingaddress "
    "mailingaddress addressline postaladdress strasse strassehausnummer adresse anschrift "
    "lieferadresse rechnungsadresse wohnadresse calle direccion domicilio rue "
    "adressepostale indirizzo endereco morada rua logradouro adres straat straatnaam gatuadress "
    "gateadresse ulica osoite адрес улица 住所 番地 地址 住址 详细地址 街道 주소 العنوان כתובת alamat "
    "diachi",
    Kind.POSTCODE: "zip zipcode postcode postalcode plz postleitzahl codigopostal codepostal "
    "kodpocztowy postnummer индекс почтовыйиндекс 郵便番号 邮编 邮政编码 우편번호",
    Kind.PASSWORD: "password passwd pwd passphrase passcode userpassword dbpassword pw pass pswd "
    "passwort kennwort passwoerter losungswort contrasena clave motdepasse mdp senha palavrapasse "
    " wachtwoord losenord passord adgangskode kodeord salasana haslo heslo jelszo sifre "
    "katasandi matkhau пароль парол κωδικος кодовоеслово パスワード 密码 密碼 口令 비밀번호 암호 كلمةالمرور "
    "كلمةالسر סיסמה סיסמא पासवर्ड รหัสผ่าน",
    Kind.API_KEY: "apikey xapikey apitoken accesskey secretkey secretaccesskey clientsecret "
    "privatekey accesstoken refreshtoken authtoken sessiontoken bearertoken idtoken jwt "
    "authorization xauthtoken awssecretaccesskey awsaccesskeyid awssessiontoken "
    "apischluessel schluessel apisleutel cleapi clefapi chiaveapi clavedeapi claveapi chavedeapi "
    "chaveapi kluczapi apinyckel ключapi апиключ apiキー apiключ api密钥 api密鑰 密钥 apikulcs 访问密钥 "
    "api키 accountkey sharedaccesskey subscriptionkey ocpapimsubscriptionkey signingkey "
    "encryptionkey masterkey licensekey licencekey proxyauthorization bottoken",
    Kind.SECRET: "secret token credential credentials cookie setcookie webhooksecret "
    "signingsecret appsecret sharedsecret secrettoken geheimnis secreto segreto segredo "
    "токен секрет トークン 令牌 토큰 sessioncookie csrftoken xsrftoken",
}
"""Kind to keys as `fields.compact` writes them: lower case, no signs; accents are taken off."""

BARE_NAMES = "name nombre nombres nome nume jmeno nev ad adi nom naam namn navn nimi имя 名 名字 名前 이름 الاسم नाम nama ten"
"""Keys that name a person or a thing: what stands beside them decides."""
THINGS = (
    "price preis precio prix prezzo preco prijs pris cena цена 価格 价格 가격 sku quantity qty stock "
    "product producto produkt produit menge cantidad quantite quantita amount currency category "
    "categoria kategorie size color colour brand description schema parameters version url path"
)

LAST_WORDS: dict[Kind, str] = {
    Kind.EMAIL: "email emailaddress mail",
    Kind.PHONE: "phone phonenumber mobile telephone telefon",
    Kind.PASSWORD: "password passwd pwd passphrase passwort kennwort contrasena motdepasse senha "
    "wachtwoord pw pass mdp pswd passwordconfirmation passwordconfirm passwordagain passwordhash "
    "passwordrepeat",
    Kind.API_KEY: "apikey accesskey secretkey privatekey accesstoken apitoken authtoken "
    "refreshtoken sessiontoken bottoken accesskeyid subscriptionkey accountkey signingkey "
    "encryptionkey bearertoken",
    Kind.SECRET: "secret token credentials credential",
    Kind.NAME: "firstname lastname surname fullname vorname nachname apellido apellidos prenom",
    Kind.BIRTH_DATE: "birthdate dateofbirth dob birthday geburtsdatum",
    Kind.IBAN: "iban",
    Kind.SSN: "ssn",
    Kind.NATIONAL_ID: "passportnumber taxid",
    Kind.POSTCODE: "zipcode postalcode postcode",
    Kind.ADDRESS: "streetaddress homeaddress",
}
"""What the last words of a longer key say: `smtp.password`, `MYSQL_ROOT_PASSWORD`, `guestEmail`."""

NO_SECRETS = (
    "page next previous prev continuation sync cursor pagination max min num total input output "
    "prompt completion cached start stop end eos bos pad unk special count first last reserved per "
    "usage reasoning audio"
)
"""In front of `token` these make it a number or a place in a list."""

NO_PASSWORDS = "boarding day travel season bus train all first second render press"
"""In front of `pass` likewise."""

KEY_KEYS = (
    "key k name field fieldname label attribute attr attributename property prop param parameter "
    "parametername variable var varname envname header headername setting option id title question "
    "prompt column columnname element path type"
)
VALUE_KEYS = (
    "value values val v data content text answer stringvalue string plaintext currentvalue "
    "defaultvalue default fieldvalue rawvalue newvalue oldvalue"
)
"""Keys of an object that is a pair: `{"key": "password", "value": "…"}`."""

PASSWORD_CUES = (
    r"(?:pass[ _-]?(?:word|wd|phrase|code)|pwd|pswd|passwort|kennwort|contrase(?:ñ|n)a|"
    r"(?:mi|la|su|tu|nueva) clave|mot de passe|mdp|palavra[- ]passe|senha|wachtwoord|l(?:ö|o)senord(?:et)?|passord(?:et)?|"
    r"adgangskode|kodeord|salasana(?:ni)?|has(?:ł|l)o|heslo|jelsz(?:ó|o|avam)|"
    r"(?:ş|s)ifre(?:m|niz|si)?|parola (?:mea|este)|kata sandi|m(?:ậ|a)t kh(?:ẩ|a)u|парол[ьяю]?|κωδικός|"
    r"كلمة (?:المرور|السر)|ה?סיסמ[הא]|पासवर्ड)"
)
JOINED_PASSWORD_CUES = "(?:パスワード|暗証番号|密码|密碼|口令|비밀번호|암호|รหัสผ่าน)"
"""Of scripts that put no space between words."""

SECRET_CUES = (
    r"(?:api[_\- ]?(?:key|token|secret|schl(?:ü|ue)ssel|sleutel|kulcs|nyckel|ключ)|"
    r"(?:cl(?:é|e|ef)|clave|chiave|chave|klucz|ключ)(?: de)? api|apikey|"
    r"secret(?:[_\- ]?(?:key|token))?|token|credentials?|private[_\- ]?key|access[_\- ]?(?:key|token)|"
    r"signing[_\- ]?key|account[_\- ]?key|licen[cs]e[_\- ]?key|encryption[_\- ]?key|"
    r"(?:security|session|refresh|bearer|auth)[_\- ]?(?:key|token)|"
    r"auth(?:orization)?|client[_\- ]?secret|key|токен|секрет)"
)
JOINED_SECRET_CUES = "(?:api ?(?:キー|密钥|密鑰|金鑰|키)|トークン|令牌|密钥|密鑰|토큰|シークレット)"

IS = (
    r"(?:is|are|was|to|be|lautet|ist|war|es|est|è|é|är|er|jest|este|adalah|là|هي|هو|היא|הוא|είναι|"
    r"this|as|=>|:=|[:：=—–-]+)"
)
JOINED_IS = "(?:は|が|を|是|为|為|는|은|가|이|คือ|[:：=＝])"

_STATUS = """
    a about above account accepted actually after again against all already also always am an and
    another any are as at authentication authenticated authorization bad bar be because been before
    being below between blank box but by can cannot case change changed changes character characters
    check contains correct could credentials day days denied deny did different digit digits disabled
    do does doesn doesnt don done dont each email empty enabled encrypted enter entered entry error
    every exceeded exist exists expire expired expires expiry failed field fields fine following for
    forbidden forgotten form format found from generated generator given good got had has hash hashed
    have here hidden hint how i if in inactive incorrect into invalid is isn isnt it its just keeps
    know known last least length less letter letters limit link locked long login longer made
    malformed management manager managers match matches matching may me might min minimum mismatch
    missing more most must my name needed needs never new no none not nothing now null of off ok old
    on once one only optional or our out over own page per please policy policies prompt protected
    protection provided rate read received recovery regarding rejected remains removed required
    requirement requirements requires reset resets resetting revoked rotation rules same saved screen
    secure secured security sent session set settings shall she short should show since so some soon
    still stored strength string strong successful successfully supplied than that the their them then
    there these they this those time to today too too type typed unauthorized under unknown
    unrecognized unset until up update updated upper usage use used user username users using valid
    validation value vault verification verified very via was way we weak well went were what when
    where which while who whose why will with within without wrong yes yesterday yet you your
    budget count counts limits stream streams bucket ring holders based type types id ids
    der die das den dem des ein eine einen ist sind war wird wurde werden muss müssen soll kann nicht
    kein keine falsch richtig ungültig abgelaufen vergessen geändert zurückgesetzt zurücksetzen fehlt
    erforderlich zu kurz schwach mindestens zeichen haben hat bitte und oder mit für von im in auf neu
    neues leer unbekannt gesperrt stimmt
    el la los las un una uno es son era fue será debe deben puede no incorrecta incorrecto inválida
    inválido válida válido caducado caducada olvidada olvidé obligatoria obligatorio requerida corta
    débil al menos caracteres tener por favor y o con para de del en nueva nuevo vacía
    le les une est sont était doit doivent peut pas ne incorrect incorrecte invalide expiré expirée
    oublié obligatoire requis trop court faible au moins caractères avoir et ou avec pour dans nouveau
    o os uma são foi deve não incorreta incorreto expirada expirado esqueci obrigatória curta fraca
    e il lo gli è sono deve non errata sbagliata scaduta scaduto dimenticata obbligatoria corta
    het een zijn moet niet onjuist verlopen vergeten verplicht te kort zwak
    är inte fel fler måste ikke må
    не неверный неверен неправильный истёк истек забыл должен должна обязателен слишком короткий
    содержит и или для нужен сбросить сброшен
    nie jest nieprawidłowe błędne wygasło zapomniałem musi
    yanlış geçersiz gerekli unuttum değil
    """
STATUS = frozenset(_STATUS.split())
"""A text with one of these, or a single such word, tells about a secret."""

NAME_CUES = (
    r"(?:my name is|my name's|i am called|i'm called|they call me|"
    r"(?:first|last|full|passenger|customer|legal)[ _]name|"
    r"mein name (?:ist|lautet)|ich hei(?:ß|ss)e|(?:vor|nach|familien)name|"
    r"me llamo|mi nombre(?: completo)? es|nombre completo|apellidos?|"
    r"je m[’']appelle|mon nom est|nom de famille|prénom|"
    r"mi chiamo|il mio nome è|cognome|meu nome é|me chamo|chamo[- ]me|o meu nome é|sobrenome|"
    r"ik heet|mijn naam is|(?:voor|achter)naam|jag heter|mitt namn är|(?:för|efter)namn|"
    r"jeg h(?:edd|et)er|mitt navn er|mit navn er|(?:for|efter|etter)navn|nimeni on|"
    r"nazywam się|mam na imię|nazwisko|jmenuji se|mă numesc|numele meu este|a nevem|"
    r"меня зовут|моё имя|мое имя|фамилия|фио|мене звати|benim adım|adım|ismim|"
    r"nama saya|tên (?:tôi|em|mình) là|tôi tên là|με λένε|ονομάζομαι|اسمي|שמי|קוראים לי|मेरा नाम)"
)
JOINED_NAME_CUES = (
    "(?:私の名前は|名前は|私は名前を|氏名は?|お名前は?|姓名|我叫|我的名字(?:叫|是)|我是名叫|"
    "제 이름은|내 이름은|저는 이름이|이름은|성함은|성명|ผมชื่อ|ฉันชื่อ|ชื่อ)"
)
TITLES = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Herrn?|Frau|Señora?|Señorita|Sra?|Srta|Monsieur|Madame|Mademoiselle|Mme|"
    r"Mlle|Signora?|Sig(?:\.ra)?|Senhora?|Dhr|Mevrouw|Mevr|Herra|Rouva|Pani?|Господин|Госпожа|Bay|Bayan)"
)
BIRTH_CUES = (
    r"(?:dob|d\.o\.b\.?|date of birth|birth ?date|birthday|born(?: on)?|"
    r"geburtsdatum|geburtstag|geb(?:oren)?(?:\.| am)?|"
    r"fecha de nacimiento|nac(?:í|ido|ida)(?: el)?|date de naissance|n(?:é|ée) le|"
    r"data di nascita|nat[oa](?: il)?|data de nascimento|nascid[oa](?: em)?|nasci em|"
    r"geboortedatum|geboren op|födelsedatum|född(?: den)?|fødselsdato|født(?: den)?|syntymäaika|"
    r"data urodzenia|urodzon[ya]|datum narození|doğum tarihi|tanggal lahir|ngày sinh|"
    r"дата рождения|день рождения|родил(?:ся|ась)|生年月日|誕生日|出生日期|出生于|生日|생년월일|생일|"
    r"تاريخ الميلاد|תאריך לידה|जन्म ?तिथि)"
)
PHONE_CUES = (
    r"(?:phone|mobile|cell(?:phone)?|tel|telephone|whatsapp|fax|"
    r"telefon(?:nummer|o|e)?|handy(?:nummer)?|mobil(?:nummer)?|rufnummer|"
    r"tel[ée]fono|celular|m[óo]vil|t[ée]l(?:[ée]phone)?|portable|cellulare|telem[óo]vel|"
    r"telefoon(?:nummer)?|telefonu?|puhelin|телефон[ау]?|звоните|позвоните|"
    r"電話(?:番号)?|携帯(?:番号|電話)?|連絡先|电话(?:号码)?|手机号?码?|手機|联系方式|전화(?:번호)?|휴대폰|연락처|"
    r"هاتفي?|טלפון|फ़ोन|telepon|điện thoại)"
)
DOCUMENT_CUES = (
    r"(?:passport|driv(?:er'?s?|ing) licen[cs]e|national insurance|nino|nhs|itin|taxpayer|"
    r"tax (?:id|number|file|identification)|tfn|bank account|account (?:number|no)|routing|"
    r"sort code|medicare|social insurance|aadhaa?r|"
    r"(?:national|personal|identity|citizen)[ -](?:id|identity|identification|insurance|number|card)|"
    r"identity card|id (?:card|number)|ppsn?|abn|"
    r"(?:reise)?pass(?:nummer)|reisepass|(?:personal)?ausweis(?:nummer)?|steuer-?id|steuernummer|"
    r"steueridentifikationsnummer|sozialversicherungsnummer|kontonummer|führerschein|"
    r"pasaporte|dni|nie|nif|c[ée]dula|curp|rfc|rut|cui[tl]|n[úu]mero de (?:identidad|cuenta|documento)|"
    r"passeport|s[ée]curit[ée] sociale|num[ée]ro fiscal|carte d'identit[ée]|permis de conduire|"
    r"passaporto|codice fiscale|fiscal code|partita iva|carta d'identità|cpf|cnpj|"
    r"paspoort(?:nummer)?|bsn|burgerservicenummer|rijbewijs|personnum(?:m)?er|cpr|fødselsnummer|"
    r"henkilötunnus|paszport|pesel|nip|dowód|rodné číslo|cnp|egn|oib|jmbg|kimlik(?: no)?|nik|ktp|"
    r"nric|fin number|mykad|emirates id|iqama|cccd|cmnd|паспорт|инн|снилс)"
)
JOINED_DOCUMENT_CUES = (
    "(?:パスポート(?:番号)?|旅券番号|マイナンバー|個人番号|免許証番号|口座番号|身份证号?码?|护照号?码?|"
    "身分證(?:字號)?|護照|银行账号|銀行帳號|주민등록번호|여권번호|계좌번호|운전면허번호|رقم الهوية|جواز السفر|"
    "תעודת זהות|דרכון)"
)
