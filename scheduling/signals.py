"""What happened to an appointment, or to a patient.

Sent inside the transaction that made it happen, so that what follows from it happens along with it or not at all.

Every receiver gets `appointment` and `now` (an aware datetime); `appointment_moved` also gets `previous_starts_at`, `previous_location` and
`along` (the other appointments that moved with it, and are announced after it), `appointment_completed` the `product` (a Product or None).
`move_undone` comes for each appointment that a move was taken back of. `patient_changed` has `patient`, `previous` (the Patient as she
was), `by` (a User or None) and `now`. `appointment_answered` has `by`, too: None where the patient wrote. `slot_offered` has an `offer` and
`now`; its receivers say whether the patient could be told. `openings_due` has nothing. `cadence_changed` has `treatment` alone.
`taken_off_the_list` has the RecallActions that did it, one for each patient, as `actions`, and `now`. `booking_refused` comes after the
refusal, when nothing is left of what was asked for, and has its `code`.
"""

from django.dispatch import Signal

appointment_booked = Signal()
appointment_moved = Signal()
move_undone = Signal()
appointment_arrived = Signal()
appointment_cancelled = Signal()  # cancelled, no-show or entered in error: `appointment.status` says which
appointment_completed = Signal()
appointment_reopened = Signal()
appointment_answered = Signal()  # confirmed, or asked to be moved: `appointment.confirmed_at` and `move_requested_at` say which
patient_changed = Signal()
cadence_changed = Signal()  # of a treatment: its patients are due at other times
slot_offered = Signal()
openings_due = Signal()  # a time became free, or the next in line can be asked
booking_refused = Signal()
taken_off_the_list = Signal()  # of those who are asked back, for a time or for good: they agreed, declined, were put off
