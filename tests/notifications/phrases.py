"""What people write back, and what it asks for. Half of it are false friends: a “stop” that isn't meant for us."""

STOP_EN = """
STOP
stop
Stop.
STOP!!!
 Stop 🛑
ＳＴＯＰ
STOPALL
stop all
Unsubscribe
UNSUBSCRIBE.
cancel
CANCEL
End
QUIT
revoke
OptOut
opt-out
Opt out please
STOP STOP STOP
2 STOP
STOP 3
1. Stop
3, please stop
Stoppp
please stop
Stop please
stop. thank you
Stop, thanks!
Just stop
ok stop now
Please stop it
please stop texting me
PLEASE STOP TEXTING ME
Please stop texting me!!! 😡
Hi, please stop texting me. Thank you
Can you please stop texting me?
could you stop sending me messages
you need to stop texting this number
I want you to stop messaging me
Stop sending me these texts
stop sending texts please
stop all messages
Stop the text messages.
please stop the reminders
Stop contacting me
quit texting me already
no more messages please
No more texts
No more reminders, thanks
no texts please
enough with the texts
Don't text me anymore
Don’t text me again
dont text me
do not contact me
Please do not send me any more messages
Do not text this number again.
never text me again
I don't want these texts
I dont want any more messages from you
I no longer wish to receive text messages
i don't want to get texts anymore
I don't want you to text me
I'd rather not get texts
take me off your list
Take me off this list please
Please remove me from your texting list
remove me
remove my number from your system
delete my number
Lose my number
unsubscribe me
Unsubscribe me from this list
please unsubscribe me, thanks
I want to unsubscribe
How do I unsubscribe?
how do I stop these messages
i would like to opt out
Opt me out
I'm opting out of texts
leave me alone
turn off the notifications
cancel all texts
These messages need to stop
make these texts stop
I revoke my consent to receive texts
Wrong number. Stop texting me
You have the wrong number, please stop
STOP. You have the wrong number
please stop texting me and take me off your list
I moved away. Please stop texting me.
My face is still red. Also, stop texting me.
Don't text me, call me
I said STOP
please stop these messages they are annoying
STOP sending text messages to this phone number
Cease all communication
remove from list
I have asked you to stop texting me
That's enough texts
Send me no more messages
This is not Ana, stop texting
unsubcribe
Please take me off the texting list.
pls stop
plz stop txting me
Stop txt
Stop these messages now
can u stop texting me
Stop messaging me please and thank you
Would you please stop sending me texts?
I'm asking you to stop contacting me
Kindly stop sending reminders.
please discontinue messages
No more sms
no more text messages please!
I don't want any more text messages
i do not want to receive these messages
I do not wish to receive any more texts from you
don't send me any more texts
Do not send me texts
Don't message me
Never contact me again
Please don't contact me anymore
remove my phone number
Remove my number from your list please
Please delete my number from your database
take my number off your list
Take me off your text list, thanks
I would like to unsubscribe
I'd like to opt out of text messages
please opt me out of these texts
Unsubscribe from texts
Stop. Wrong number.
wrong number please stop texting
Please stop. I'm not interested.
End texts
please turn off reminders
STOP ALL MESSAGES
Stop all texts please
Stop sending me stuff
quit sending me messages
stop spamming me
Please STOP
ok please stop
Stop, please.
I want these texts to stop
I want to stop receiving texts
I need to stop getting these messages
please cease texting
please stop with the texts
please no more messages
no texting please
"""

STOP_ES = """
ALTO
Alto.
PARAR
Pare
Paren por favor
BASTA
¡Basta!
basta ya
Detener
Baja
STOP por favor
stop, gracias
Deja de escribirme
deje de escribirme por favor
Por favor dejen de enviarme mensajes
DEJEN DE MANDARME MENSAJES
Ya dejen de mandar mensajes
¿Pueden dejar de escribirme, por favor?
podrían dejar de mandarme textos
Paren de enviarme mensajes
no me manden más mensajes
No me mande mas mensajes por favor
Ya no me escriban
no me escriban más
No me escriba a este número
No vuelvan a escribirme
favor de no enviar más mensajes
Nunca más me escriban
ya no quiero recibir mensajes
No quiero más mensajes
no deseo recibir sus mensajes
No quiero que me escriban
No más mensajes, gracias
ni un mensaje más
Basta de mensajes
Sáquenme de su lista
por favor quíteme de la lista
bórrenme de su lista
Eliminen mi número
Denme de baja
quiero darme de baja
Hola, quisiera darme de baja. Gracias
Quiero desuscribirme
cancelen los mensajes
paren los mensajes
Quiero dejar de recibir mensajes
¿Cómo puedo dejar de recibir estos mensajes?
Déjenme en paz
Número equivocado, no me escriban más
no mensajes por favor
Remuévanme de la lista
cancelar suscripción
Quiero cancelar los mensajes
Dejen de molestar
Por favor, no me envíen más mensajes de texto
No me mandes mensajes
no me manden nada
deje de mandarme mensajes por favor
dejen de molestarme
ya no me manden mensajes
Ya no quiero sus mensajes
no quiero recibir más textos
No quiero mensajes
quítenme de la lista
Quiten mi número de su lista
borre mi número por favor
Quiero que dejen de mandarme mensajes
paren de escribirme
Pare de mandarme mensajes
no me contacten más
por favor paren
alto por favor
cancelar mensajes
no más textos
Deseo darme de baja
dame de baja por favor
Dejen de mandar mensajes
Favor de no mandar más mensajes
No envíe más mensajes
No me vuelvan a escribir
deja de mandarme mensajes porfa
"""

START = """
START
start
Start.
YES
unstop
UNSTOP
Iniciar
"""

HELP = """
HELP
help
Help!
info
INFO
Ayuda
ayuda.
"""

WORDS_EN = """
it won't stop stinging
It won’t stop bleeding, what do I do
should I stop the serum?
Should I stop?
the bleeding stopped
bleeding has stopped, thanks
can't stop itching
I can't stop scratching!
when can I stop?
When can I stop using the serum
don't stop
please don't stop
Please don't stop texting me
don't stop the reminders, I like them
never stop sending these 😂
I don't want you to stop texting me
I don't want to unsubscribe
I had to stop at the store
stop using retinol?
Stop retinol?
no more swelling, thanks
No more redness!
no more pain. thank you
no more
Stop?
Can I stop the vitamin C?
Do I need to stop my retinol before the session
I stopped the serum yesterday
how do I stop the itching
How do I stop the bleeding?
make it stop
please make the burning stop
it hurts, please help
The itching won't end
When does it end?
End of the week works for me
I need to cancel my appointment
please cancel
Cancel my session on Friday
can I cancel?
cancel tomorrow please
I quit smoking
I quit using the cream
I want to stop
I need to stop treatment
the stinging doesn't stop
stop it from itching?
Stop by the clinic tomorrow?
I'll stop by at 3
2 stop?
stop 1 2
stop 4
1 stop from here
2 end
Can I stop by to pick up the serum
bus stop is closed, running late
non-stop itching since last night
full stop
My skin stopped peeling
it stopped
stopped
Don't text me at night please
stop texting me at night
No more texts after 9pm please
please don't text before 8
Stop texting me so early
text me tomorrow
Why did the texts stop?
I stopped getting texts
I'm not getting your messages
I don't get any texts
I didn't get a reminder
I don't want the treatment anymore
I don't want to use the serum
I don't need serum
Take me off the retinol?
remove the bandage?
delete the photo please
send me the list
Please send me more reminders
Do not contact dermatologist yet?
leave it alone?
I can't leave my face alone
Yes please
yes it does
Yes, but it burns
help me it is burning
Help, my face is swollen
start the serum tonight?
When do I start?
Can I start makeup
info on sunscreen please
1
2
C
R
👍
Thank you!
ok thanks
ok
no
wrong person?
Liked “Maple Street Clinic: time for your serum. Reply STOP to opt out.”
Loved “Reply STOP to opt out.”
What happens if I reply STOP?
Do I text STOP to end these?
my dog ate the serum 🐶
The swelling is down but the redness won't quit
stop swelling
stop the burning
stop peeling
Should I quit coffee?
I revoke nothing lol
I'd like to opt out of the photo
unsubscribed from gym, see you at 5
who is this
cancel that reminder
I don't need a reminder
remove my appointment from the list
can you stop the bleeding
you should stop the serum, my friend says
If it doesn't stop by tomorrow I'll call
Is this the clinic?
my skin won't stop peeling
Do I stop using it if it burns?
I stopped using sunscreen
the redness won't stop
how long until it stops?
Can you stop by my house
should I stop applying?
I will stop now
stop or keep going?
tell me when to stop
i want to stop the treatment
It stopped bleeding but it's swollen
please help it won't stop
I don't want to stop
don't stop sending please
don't cancel my appointment
cancel my appt
please cancel my session
I want to cancel
I need to end my treatment
quit itching!
No more bleeding
no more questions
No more serum left
I don't want more serum
I don't need more appointments
Don't text my husband
do not contact my ex
text me back please
Call me
please remove my stitches
remove makeup?
Take me off the waitlist?
I removed the mask
delete
start again tomorrow?
no thanks
I never got the message
Did you send a text
messages not coming
send messages in Spanish
Please text in English
stop sending in Spanish
stop sending at 3am
Stop texting me so late
stop texting during work
text less please
too many texts
Can you text me at another number? Stop using this one
please stop the serum reminders at night
only text before 9
Please stop calling me
paro?
no deja de molestarme
ya deja de molestarme la piel
"""

WORDS_ES = """
¿cuándo puedo parar?
¿Puedo parar el suero?
no para de picar
No deja de arder
no deja de sangrar
ya paró el sangrado
¿Debo dejar de usar retinol?
¿puedo dejar de ponerme el suero?
no dejen de escribirme
no quiero dejar de recibir mensajes
No me moleste más la piel
ya no me molesta
me sigue molestando
quiero que pare
quiero que pare el ardor
que pare la comezón por favor
no más hinchazón, gracias
No más dolor
ya no me arde
¿basta con una gota?
con dos gotas basta
dolor alto
tengo la presión alta
la hinchazón baja
ya baja la inflamación
¿Para?
para mañana está bien
¿para cuándo es mi cita?
Cancelar
cancelar mi cita
quiero cancelar la cita del viernes
no quiero cancelar
fin
el fin de semana
No me manden mensajes de noche
no me escriban tan temprano
No he recibido mensajes
no me llegan los mensajes
¿por qué no me mandan mensajes?
mándenme más mensajes
me pica mucho, ayuda
ayuda, me arde la cara
sí
si por favor
Sí, gracias
gracias
hola
No quiero el tratamiento
no quiero usar el suero
ya no necesito el suero
¿Quito la venda?
quítenme la duda
¿Me puedo quitar el maquillaje?
borren la foto
deja marcas?
me deja la piel roja
¿Puedo empezar con maquillaje?
¿cuándo inicio?
¿Alto o bajo factor solar?
me sigue ardiendo y no para
no para
¿paro el suero?
quiero parar el tratamiento
dejar de usar?
dejé de usar el suero
no quiero más suero
no más ardor
cancelar mi sesión
quiero cancelar
no me duele
para 2
no me pica más
No me escriban a la casa
mándeme el mensaje otra vez
envíenme la dirección
baja fiebre?
alta
basta una vez al día?
quiten la cita del martes
no puedo dejar de rascarme
"""


def lines(table: str) -> list[str]:
    return [line for line in table.split("\n") if line.strip()]


PHRASES = [
    *((phrase, "stop", "en") for phrase in lines(STOP_EN)),
    *((phrase, "stop", "es") for phrase in lines(STOP_ES)),
    *((phrase, "start", "") for phrase in lines(START)),
    *((phrase, "help", "") for phrase in lines(HELP)),
    *((phrase, "words", "en") for phrase in lines(WORDS_EN)),
    *((phrase, "words", "es") for phrase in lines(WORDS_ES)),
]
