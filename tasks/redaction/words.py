"""Words that are also names, and values that say that there is none.

A name that is a word of ORDINARY (`May`, `Will`, `Charlotte`) is replaced under a key that says it
is a name, beside another name of the session and behind an address (`Dear May`), but not wherever
it stands: `May 15` and the flight to Charlotte stay. One of CAPITAL (`Brown`, `Mark`) is replaced
wherever it stands with a capital: `brown bag` stays.
"""

_ORDINARY = """
    a about after again all also am an and any are as ask at back be because been before both but
    by call can come could day did do does don down each end even every few find first for from
    get give go good great had has have he hello help her here hi him his home how i id if in info
    into is it its just know last let like live look made make many me more most much must my name
    need never new next no not now number of off ok old on one only or other our out over own part
    please put read right said same see she should show so some still such sure take than thank
    thanks that the their them then there these they thing think this those time to too two under
    until up us use user very want was way we well were what when where which while who why with
    work would yes yet you your true false none null

    january february march april may june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sep oct nov dec
    mon tue wed thu fri sat sun spring summer autumn winter

    will hope love best long short small little wise quick swift chance chase art rich guy sky star
    angel prince duke baron major page price day park field hall hill mount lake bridge street west
    east north south england france ireland holland german french english roman gold golden silver
    diamond platinum bronze cash dollar pound money card carry case check cook ball box branch
    bright cross crew cruise early fast ferry fine flower free freed gates gift grand gross hand
    hard head heard high hunt just key keys kind land law light lord lot low lucky mercy mills moon
    nice pace paradise parcel parish peace plant pool poor power powers proper purple rain reason
    rest ring root rush sage save seal self shade ship shore snow song sound speed spring steel
    stock storm story strange sweet tell test town tree true urban wall wash week weeks wild win
    wonder worth base max sunny trip travel rental round joy

    paris london berlin madrid rome milan vienna dublin sydney melbourne florence venice verona
    lisbon geneva zurich oslo delhi brooklyn manhattan dallas houston denver phoenix orlando
    charlotte jacksonville savannah augusta boston chicago seattle miami atlanta detroit cleveland
    columbus memphis nashville aurora alexandria virginia georgia carolina dakota montana nevada
    arizona texas california florida washington york jersey hampshire orleans vegas angeles san
    santa los las minneapolis philadelphia laguardia raleigh lancaster lexington arlington asia
    africa america india china israel cuba chad kenya brazil britain salem

    account admin administrator adult agent airline app article assistant author bot business buyer
    caller chat child client code company contact customer data date default delivery demo
    department desk developer driver economy editor employee example flight group guest host hotel
    infant item lead manager member membership merchant message model office operator order owner
    partner passenger patient payment person premium product profile regular reservation sales
    seller senior service session shop staff standard store student support system table team
    ticket tool traveler traveller type vendor vip visitor worker
"""

_CAPITAL = """
    mark bill frank jack rob sue pat ray dean grant drew miles norm penny grace faith rose lily
    iris ivy violet daisy heather ruby jade pearl amber crystal dawn eve melody harmony destiny
    king earl knight bishop pope abbot priest church temple house parks fields wood woods forest
    hills stone rock rivers brook banks ford wells marsh rhodes brown white black green gray grey
    scarlet blue rice bean berry cherry olive plum pepper basil rosemary ginger baker butcher
    fisher farmer carpenter mason tailor weaver miller potter porter butler cooper glover marshall
    sheriff judge justice singer piper harper archer bowman shepherd wolf fox bear lamb bird swan
    crane robin jay martin drake finch nightingale fish pike bass salmon bell bush burns bond
    booker brand buck bull burger camp diamond flood flowers freeman good goodman gore hardy hay
    hood horn hunter kit may moody moore nail newman nickel noble oak patience peck pierce pitt
    power queen reed sands savage sharp shell silk smith spark sparks spicer strong summers turner
    thorn tiller usher valentine wade walker walls ward ware warner waters wiley winters wright
    young booth barr bay beach austin madison lincoln jackson jordan chelsea victoria carson kent
"""

_PLACEHOLDERS = """
    unknown none null nil na nan undefined anonymous anon guest default unspecified notprovided
    notgiven notavailable notspecified notapplicable missing empty blank tbd redacted hidden masked
    string str text number integer int float boolean bool object array required optional true false
    yes no test example placeholder value user customer me self current currentuser userid
    customerid email name firstname lastname
"""

ORDINARY = frozenset(_ORDINARY.split())
CAPITAL = frozenset(_CAPITAL.split()) - ORDINARY
PLACEHOLDERS = frozenset(_PLACEHOLDERS.split())


def is_word(name: str) -> bool:
    """Whether the name is an ordinary word too, whatever its case."""
    return name.lower() in ORDINARY
