"""Wordings in which assistants ask, decline and answer, and trades to speak about: all our own.

    "Could you tell me the {p} first?"  with  p = "IBAN of the recipient"

`{p}` and `{q}` are what is asked for, `{act}`, `{topic}` and `{done}` come from the trade. Put
together by `benchmarks.labelling.phrasings`.
"""

from typing import NamedTuple


class Trade(NamedTuple):
    tool: str
    act: str
    """What the user wants, as an infinitive."""
    done: str
    """A statement that claims a result."""
    topic: str
    params: tuple[tuple[str, str, str], ...]
    """Name, description, and how a person says it."""


TRADES = (
    Trade(
        "get_forecast",
        "look up the weather",
        "It will be sunny with a high of 21 degrees",
        "weather",
        (("q", "Name of the city to look up.", "city"), ("day", "Date of the forecast.", "date")),
    ),
    Trade(
        "book_table",
        "reserve a table",
        "A table for four is reserved at 19:30",
        "table reservations",
        (
            ("party_size", "How many people will come.", "party size"),
            ("restaurant", "Name of the restaurant.", "restaurant"),
        ),
    ),
    Trade(
        "transferMoney",
        "transfer the money",
        "The transfer of 250 euros has been made",
        "payments",
        (
            ("recipientIban", "IBAN of the recipient's account.", "IBAN of the recipient"),
            ("amount", "Amount in euros.", "amount"),
        ),
    ),
    Trade(
        "track_parcel",
        "track the parcel",
        "Your parcel left the depot in Leipzig at 6:12",
        "parcels",
        (("tracking_number", "The tracking number on the label.", "tracking number"),),
    ),
    Trade(
        "create_ticket",
        "open a support ticket",
        "Ticket 8841 has been opened for you",
        "support tickets",
        (
            ("subject", "One line that says what it is about.", "subject"),
            ("severity", "How bad it is.", "severity"),
        ),
    ),
    Trade(
        "resize_image",
        "resize the picture",
        "The picture now has 800 by 600 pixels",
        "pictures",
        (("width", "Width in pixels.", "width"), ("image_url", "Where the image is.", "image URL")),
    ),
    Trade(
        "find_recipes",
        "find a recipe",
        "Try a risotto: fry 300 g of rice in butter and add stock",
        "recipes",
        (
            ("cuisine", "The cuisine, such as Thai.", "cuisine"),
            ("diet", "A diet to respect.", "diet"),
        ),
    ),
    Trade(
        "restart_server",
        "restart the server",
        "The server was restarted and answers again",
        "servers",
        (("hostname", "Host to restart.", "hostname"), ("region", "Data centre region.", "region")),
    ),
    Trade(
        "loan_rate",
        "work out the monthly rate",
        "You would pay 412.50 euros each month",
        "loans",
        (
            ("principal", "The sum that is lent.", "principal"),
            ("years", "Term of the loan in years.", "years"),
        ),
    ),
    Trade(
        "schedule_visit",
        "arrange a visit",
        "The doctor will see you on Tuesday at ten",
        "appointments",
        (
            ("clinic_id", "Identifier of the clinic.", "clinic ID"),
            ("visit_time", "Time of the visit.", "time of the visit"),
        ),
    ),
    Trade(
        "translate",
        "translate the letter",
        "In French it reads: je vous remercie",
        "translations",
        (
            ("target_lang", "Target language code.", "target language"),
            ("text", "What to translate.", "text"),
        ),
    ),
    Trade(
        "set_thermostat",
        "set the heating",
        "The living room is at 20 degrees now",
        "heating",
        (
            ("room", "Room of the house.", "room"),
            ("temperature", "Degrees Celsius.", "temperature"),
        ),
    ),
)

CLARIFY = r"""
Which {p} should I use?
What {p} would you like?
Could you please provide the {p}?
Could you tell me the {p} first?
Please share the {p} so I can {act}.
To {act}, I'll need the {p}.
I need the {p} before I can {act}.
Sure! May I have the {p}, please?
Happy to help. What's the {p}?
Can you let me know the {p} and the {q}?
I'd be glad to {act}. Please specify the {p} and the {q}.
In order to {act}, could you give me the {p}?
Before I go ahead: which {p}?
The {p} is missing. Can you add it?
You haven't mentioned the {p} yet. What is it?
I can't {act} without the {p}. Could you send it?
I'm unable to {act} until I know the {p}. Please provide it.
It looks like the {p} wasn't given; please tell me what it is.
Thanks! Just one more thing - the {p}?
To make sure I get this right, what is the {p}?
Would you mind telling me the {p}?
I am going to need the {p} from you.
Kindly indicate the {p}.
Please enter your {p}.
Once you tell me the {p}, I can {act}.
If you can give me the {p}, I'll {act} right away.
I require the {p} in order to {act}.
Got it. And the {p}?
Do you have the {p} at hand?
I just need to know the {p}.
Let me know the {p} and I'll {act}.
Would you be able to supply the {p}?
For this I must know the {p}. What should it be?
I could {act}, but I am missing the {p}. Please advise.
What should I put as the {p}?
There are several options here. Which {p} do you mean?
Two details are still open:\n- the {p}\n- the {q}\nCan you fill them in?
I need the following information to {act}:\n1. The {p}\n2. The {q}
Please provide the following details: {p} and {q}.
Did you have a particular {p} in mind?
Any preference for the {p}?
Mind sharing the {p}?
I didn't catch the {p}. Can you repeat it?
To proceed, please confirm the {p}.
Hello! I'd love to {act} for you. Tell me the {p}, please.
Could I get the {p} from you, and is there a {q} you prefer?
"""

CONSENT = r"""
Shall I {act} now?
Do you want me to go ahead and {act}?
Here is what I would do: {act}. Is that correct?
Would you like me to proceed?
Please confirm if I should {act}.
Please reply with "yes" and I will {act}.
Should I {act} for you, or would you rather wait?
Are you sure you want to go on with this?
"""

REFUSE = r"""
I'm sorry, but I can't {act}.
I cannot {act} with the tools I have.
Unfortunately, I am not able to {act}.
I don't have access to {topic}.
I do not have the ability to {act}.
Sorry, that's outside of what I can do.
This is beyond the scope of what I can help with.
None of the functions available to me can {act}.
There is no tool here to {act}.
No available function fits this request.
I'm afraid I can't help with {topic}.
I have no way to {act}.
I lack the tools to {act}.
My functions don't cover {topic}.
That isn't something I'm able to do.
I regret that I must decline this request.
I won't be able to {act}.
I'm not allowed to {act}.
We are unable to {act} at this time.
Apologies, but {topic} is not something I can assist with.
As an AI model, I don't have real-time data on {topic}.
My knowledge ends in the past, so I cannot give current information on {topic}.
I'm unable to {act}. You could ask the provider directly or look at their website.
I can't {act}, but the company's hotline can help you with that.
It is not possible for me to {act}.
Regrettably, I can't {act}. Is there anything else I can help you with?
I'm sorry, I can't {act}. Would you like me to transfer you to a person?
Under our policy this cannot be done. Please contact a colleague.
The policy does not allow me to {act}.
I'm bound by policy, which does not permit this. Shall I transfer you to a human agent?
That cannot be changed any more. Would you like me to connect you with a human agent?
I have to decline. Please try another service for {topic}.
Sadly I can't do that for you.
The tools provided only deal with other things, so I can't {act}.
I don't know how to {act}; none of my tools supports it.
I currently have no function for {topic}.
That request falls outside my capabilities.
I do apologise, but {topic} are not supported.
Nothing I have been given can {act}.
Sorry, I am only able to help with other matters and can't {act}.
It's not within my power to {act}. Feel free to ask me something else!
I'm not equipped to {act}. If you have other questions, let me know.
I'm sorry, but there's no function that lets me {act}.
I'd love to help, but I can't {act}.
I can't assist with that request.
Such a thing is not supported by this assistant.
"""

ANSWER = r"""
{done}.
{done}. Is there anything else I can help you with?
Good news! {done}.
{done}. Let me know if you need anything else!
{done}. Would you like to know more?
{done}. If you have any questions, feel free to ask.
Done! {done}.
Sure, here you go: {done}.
According to the records, {done}.
You can {act} on the page "My account" under settings.
To {act}, open the app and choose the second entry in the menu.
Here is how to {act}:\n1. Open the app.\n2. Choose the entry.\n3. Press OK.
There are three ways to {act}, and the first is the quickest.
You're welcome! Have a great day.
I have taken care of it. {done}.
I was unable to find any entries for that day.
There were no results for your search.
{done}. Note that this may change later.
{done}. Prices are given without tax.
{done}. How does that sound?
I checked it for you and {done}. Hope this helps!
The answer is 42.
{done}. What else can I do for you?
Yes, that is possible. {done}.
No, it does not cost anything. {done}.
I've gone ahead as you asked. {done}. Please let me know if there is anything else.
Great question! {done}.
Typically it takes two to three days, depending on the provider.
{done}. You cannot undo this later, so keep the receipt.
{done}. If you'd like more detail, just say so.
{done}. Enjoy!
Once it is finished you will get a message. {done}.
You asked which one is best: the second one is.
The users who need this most are those who know what they want.
I found 3 matches: the first is the nearest one, the others are farther away.
{done}. Feel free to come back whenever you need help.
{done}. Do you need anything else?
Everything is set. {done}. Can I help with something else?
{done}. If there's anything you want to change, let me know.
Here is what I know about {topic}: they are handled within a day.
{done}. Please keep this number for your records.
Please note that {topic} are closed on Sundays.
Unfortunately, there are no free slots on that day.
I'm sorry to hear that! {done}.
Thank you for the details. {done}.
I am happy to say that it worked. {done}.
"""
