"""How people ask in English for no more messages. Patterns of whole clauses, as clauses_of() gives them."""

import re

from notifications.domain.replies.phrases import Request

MESSAGES = (
    r"(?:te?xts?(?: messages?| msgs?)?|texting|messages?|msgs?|messaging|sms(?: messages?)?|reminders?|notifications?|alerts?|spam"
    r"|communications?"
    r"|(?:texts?|messages?) (?:and|or) (?:emails?|calls?)|(?:emails?|calls?) (?:and|or) (?:texts?|messages?))"
)
SEVERAL = r"(?:te?xts(?: messages| msgs)?|text messages|messages|msgs|sms|reminders|notifications|alerts)"
WHICH = (
    r"(?: (?:all|any|more|the|these|those|this|your|ur|my|of|with|such|further|other|annoying|automated|automatic|stupid|damn"
    r"|unwanted|constant|clinic|appointment|aftercare|anymore))*"
)
ME = r"(?: (?:me|us|him|her|(?:my|this) (?:number|phone|cell|cellphone)))"
STOP = r"(?:sto+p+|quit|cease|discontinue|halt)"
DO_NOT = r"(?:do not|dont|never)(?: (?:ever|please|you|u))*"
WANT = r"(?:do not|dont|no longer) (?:want|wish|need)"
GET = r"(?: (?:get|receive|be getting|be receiving|getting|receiving))?"
FROM = rf"(?: (?:from|of|off){WHICH}(?: (?:{MESSAGES}|lists?|it|them))?)?"
WISH = (
    r"(?:(?:how (?:do|can|could) i|how to|can i|could i|may i|i (?:want|need|wish|would like|am trying|have been trying|tried) to"
    r"|id like to|i wanna|wanna|want to|im trying to|let me) )?"
)

COURTESY = (
    r"(?:hi|hello|hey|there|good (?:morning|afternoon|evening)|please|pls|plz|plse|kindly|ok|okay|sorry|thanks|thank you|thank u|thanku"
    r"|thx|ty|tysm|and thanks|and thank you"
    r"|so much|very much|sir|maam|guys|team|everyone|bye|have a (?:good|nice) day|asap|wrong (?:number|person)"
    r"|(?:you|u) (?:have|got) the wrong (?:number|person)|(?:this is|its) the wrong (?:number|person)"
    r"|(?:im|i am) not interested|not interested|(?:im|i am) (?:not|no longer) a patient(?: anymore)?)"
)
LEAD = (
    rf"(?:{COURTESY}|yes|no|just|now|and|so|but|again|seriously|really|for the last time|(?:can|could|would|will) (?:you|u)"
    r"|(?:you|u) (?:need to|have to|can|may|must|should)"
    r"|i (?:want|need|would like|told|beg) (?:you|u) to|(?:i|ive|i have) (?:already )?asked (?:you|u) to|id like (?:you|u) to"
    r"|im asking (?:you|u) to|i (?:said|say|ask that you|request that you))"
)
TAIL = (
    rf"(?:{COURTESY}|now|right now|immediately|at once|already|anymore|any more|again|ever|any longer|at all|completely|altogether"
    r"|entirely|forever|for good|effective immediately|here|(?:to|at|on|from) (?:this|my) (?:phone number|number|phone|cell|cellphone)"
    r"|from (?:you|your (?:clinic|office)|the clinic)|to me"
    r"|(?:they are|theyre|its|it is|this is) (?:so |very |really )?(?:annoying|too much|too many|harassment|spam))"
)

LIST = (
    r"(?:(?: (?:off of|out of|off|from|on))(?: (?:of|your|the|this|ur|all|any|that))*"
    r"(?: (?:text|texting|texts|message|messaging|messages|mailing|contact|sms|call|calling|phone|reminder|notification))*"
    r" (?:lists?|database|system|records|service|contacts|messages|texts|reminders|notifications))"
)

CORES = (
    # stop texting me
    rf"{STOP} (?:te?xting|messaging|msging|contacting|spamming|te?xting (?:and|or) calling|calling (?:and|or) te?xting){ME}?",
    rf"{STOP} (?:bothering|harassing|pestering|bugging|annoying|writing|writing to|reminding|notifying|alerting){ME}",
    rf"{STOP} (?:sending|send)(?: me| us)?{WHICH}(?: (?:{MESSAGES}|stuff|things|junk|them|it))?",
    rf"{STOP}{WHICH} {MESSAGES}",
    rf"(?:end|terminate|cancel|turn off|switch off){WHICH} {SEVERAL}",
    rf"{STOP}(?: all)? contact",
    # no more texts
    rf"(?:send (?:me |us )?)?no more{WHICH} {MESSAGES}{ME}?",
    r"no (?:texts|text messages|messages|msgs|sms|texting|reminders) (?:please|pls|plz)",
    rf"(?:thats )?enough{WHICH} {MESSAGES}",
    # don't text me
    rf"{DO_NOT} (?:te?xt|message|msg|contact|sms|spam)(?:{ME})?(?:{WHICH} {MESSAGES})?",
    rf"{DO_NOT} (?:bother|write|write to){ME}",
    rf"{DO_NOT} send(?: me| us)?{WHICH}(?: (?:{MESSAGES}|anything))",
    # I don't want your texts
    rf"(?:i |we )?(?:really )?{WANT}(?: to)?{GET}{WHICH} {MESSAGES}",
    rf"(?:i |we )?{WANT} to (?:be|get|keep getting) (?:texted|messaged|contacted|on (?:this|your|the) list)",
    rf"i (?:do not|dont) want (?:you|u|you guys) (?:to )?(?:keep )?(?:texting|text|messaging|message|contacting|contact|sending|send)"
    rf"(?: me| us)?(?:{WHICH} {MESSAGES})?",
    rf"(?:id|i would|i) (?:rather|prefer)(?: to)? not(?: to)? (?:get|receive){WHICH} {MESSAGES}",
    # take me off your list
    rf"(?:take|remove|delete|drop|get)(?: (?:me|us|my (?:phone number|number|phone|cell|name)|this (?:number|phone)))(?:{LIST})",
    rf"(?:remove|delete){LIST}",
    r"(?:take me off|remove me|(?:remove|delete|lose|forget) (?:my|this) (?:phone number|number))",
    rf"(?:i want|i need|i would like|id like) to be (?:removed|taken)(?:{LIST})",
    r"(?:put me on|add me to) (?:your|the) do not (?:text|contact|call) list",
    # unsubscribe me
    rf"{WISH}(?:un ?su(?:bs?|s)c?ri?be?|unsub|opt ?out|opt (?:me|us) out){ME}?{FROM}",
    rf"i(?:m| am) opting out{FROM}",
    rf"(?:how (?:do|can|could) i|how to|i (?:want|need|would like) to|id like to|can i) (?:stop|end|turn off)(?: receiving| getting)?"
    rf"{WHICH} {MESSAGES}",
    # and the rest
    r"leave (?:me|us) alone",
    rf"(?:these|those|the|your|all)(?: (?:these|those|the|your))?{WHICH} {MESSAGES} (?:must|need to|have to|has to|should) (?:stop|end)",
    rf"i (?:want|need) (?:these|those|the|your|all){WHICH} {MESSAGES} to (?:stop|end)",
    rf"(?:make|get) (?:these|those|the|your|all){WHICH} {MESSAGES}(?: to)? stop",
    rf"(?:i |we )?(?:hereby )?(?:revoke|withdraw)(?: my)? (?:consent|permission) (?:to|for){GET}{WHICH} {MESSAGES}",
    rf"i (?:do not|dont|no longer) (?:consent|agree) to{GET}{WHICH} {MESSAGES}",
)
CORE = f"(?:{'|'.join(f'(?:{core})' for core in CORES)})"

OPT_OUT = Request(lead=LEAD, core=CORE, tail=TAIL, joined="and|or")
# What can mean nothing else beside a number: “para 2” is “for two”.
PLAIN = re.compile(r"(?:(?:please|pls) )?(?:sto+p+|stop ?all|un ?subscribe|opt ?out)(?: (?:please|pls|thanks|thank you))?")
BARE = Request(
    lead=LEAD,
    core=r"(?:sto+p+)(?: sto+p+)*|stop all|stop it|stop this|stop that|stop these|stop everything|stopall|cut it out"
    r"|knock it off|remove|un ?subscribe|opt ?out",
    tail=TAIL,
)
