"""Who may enter what on a page, field by field. tests/clinic/test_fields.py holds the forms to it, and fails for a field that isn't here.

A page stands with the model's name for the admin's own two, with its address for another. Below it, the letters are for ROLES, in their
order: e, may be entered; s, is only shown; -, isn't there. A row's number is #.
"""

ROLES = ("Front desk", "Clinician", "Manager")

FIELDS = """
scheduling.patient add
    eee  first_name last_name birth_date phone email language time_zone wants_quiet_nights care_by_sms care_by_email recall_by_sms
    eee  recall_by_email active_products notes
    -e-  hyperpigmentation_risk
scheduling.patient change
    sss  open_concern sessions recalls
    eee  first_name last_name birth_date phone email language time_zone wants_quiet_nights care_by_sms care_by_email recall_by_sms
    eee  recall_by_email active_products notes
    ses  hyperpigmentation_risk
    ss-  recent_messages
    --s  whole_recent_messages hand_out erase
scheduling.appointment add
    eee  practitioner q room starts_at_# treatment
scheduling.appointment add, a newcomer
    eee  new-first_name new-last_name new-birth_date new-phone new-email new-language new-time_zone new-wants_quiet_nights
    eee  new-care_by_sms new-care_by_email new-recall_by_sms new-recall_by_email practitioner room starts_at_# treatment
scheduling.appointment change
    sss  patient_link treatment status_badge time practitioner room price booked_at who_booked
    ss-  messages
    --s  whole_messages
scheduling.waitlistentry add
    eee  patient appointment treatment location shown_for first_on last_on starts_from starts_until practitioner
scheduling.waitlistentry change
    sss  patient_link treatment location wants with_whom status_badge since who_added sessions
scheduling.course change
    sss  patient_name treatment done started_at ended_at
    ses  minimum_interval_days reason
scheduling.treatment change
    sse  name description skin_area duration_minutes turnaround_minutes minimum_interval_days recommended_within_days
    sse  maintenance_months planned_sessions list_price currency is_active
scheduling.product change
    sse  name name_es price currency is_active
scheduling.practitioner change
    sse  user name locations treatments is_active
    --e  working_hours.weekday working_hours.opens_at working_hours.closes_at working_hours.location absences.during
    --e  absences.reason
scheduling.location change
    sse  name address phone after_hours_phone emergency_number time_zone
    --e  opening_hours.weekday opening_hours.opens_at opening_hours.closes_at closures.starts_on closures.ends_on closures.reason
scheduling.room change
    sse  location name is_active
aftercare.caremessage change
    sss  patient_link appointment_link what local_time what_became_of_it why text tries receipts
    ss-  how
    --s  whole_how
aftercare.consent change
    sss  patient_link word purpose channel given_at source taken_by wording_version most_per_day words
    ss-  masked_address
    --s  address
aftercare.oncallcontact change
    sse  name user phone email locations position is_active
notifications.reply change
    sss  received_at meaning_badge body
    ss-  sender
    --s  whole_sender
/admin/scheduling/patient/{never booked}/erase/
    --e  reason name
/admin/password_change/
    eee  new_password# old_password
/admin/inbox/{patient}/
    -ee  note
    eee  said severity words
/admin/maintenance-due/patients/{patient}/call/
    e-e  note outcome reason
/admin/scheduling/appointment/{appointment}/step/complete/
    eee  completed_at_# product wants_quiet_nights
/admin/scheduling/appointment/{appointment}/step/cancel/
    eee  reason
/admin/scheduling/appointment/{appointment}/move/
    eee  practitioner room starts_at
aftercare.plan change
    -ss  patient_link session ended serum protocol_link standing
    -s-  ahead gone
    --s  whole_ahead whole_gone
aftercare.protocol add
    -e-  like name treatments
/admin/aftercare/plan/{aftercare.plan}/stop/
    -e-  reason
/admin/aftercare/protocol/{draft}/step/
    -e-  at channel en-email en-sms en-subject ended_at ended_on es-email es-sms es-subject every_hours facts first_after_hours
    -e-  kind language nights reached_by slug times timing until_hours valid_hours
/admin/aftercare/protocol/{draft}/step/{draft step}/
    -e-  at channel en-email en-sms en-subject ended_at ended_on es-email es-sms es-subject every_hours facts first_after_hours
    -e-  kind language nights reached_by slug times timing until_hours valid_hours
scheduling.treatment add
    --e  name description skin_area duration_minutes turnaround_minutes minimum_interval_days recommended_within_days
    --e  maintenance_months planned_sessions list_price currency is_active
scheduling.product add
    --e  name name_es price currency is_active
scheduling.practitioner add
    --e  user name locations treatments is_active working_hours.weekday working_hours.opens_at working_hours.closes_at
    --e  working_hours.location absences.during absences.reason
scheduling.location add
    --e  name address phone after_hours_phone emergency_number time_zone opening_hours.weekday opening_hours.opens_at
    --e  opening_hours.closes_at closures.starts_on closures.ends_on closures.reason
scheduling.room add
    --e  location name is_active
scheduling.recallaction change
    --s  patient_link session_link at way outcome_badge reason note hidden_until answered_at who taken_back_at who_took_it_back
scheduling.reportexport change
    --s  at user format as_of words query has_addresses ending rows finished_at
aftercare.oncallcontact add
    --e  name user phone email locations position is_active
notifications.message change
    --s  status_badge reason channel to subject body send_at expires_at accepted_at delivered_at attempts error_code
auth.user change
    --s  username full_name email roles is_active last_sign_in
notifications.alarm change
    --s  standing what_to_do channel code times raised_at last_at cleared_at
/admin/maintenance-due/
    --e  is_shared name
/admin/maintenance-due/automatic/
    --e  days_before hour is_on most sends_digest weeks_after
/admin/maintenance-due/views/
    --e  is_shared name
/admin/scheduling/patient/import/
    --e  file
"""


def fields() -> dict[str, dict[str, str]]:
    """Page → field → its letters."""
    found: dict[str, dict[str, str]] = {}
    page: dict[str, str] = {}
    for line in FIELDS.strip().splitlines():
        if line.startswith(" "):
            letters, *names = line.split()
            page |= dict.fromkeys(names, letters)
        else:
            page = found.setdefault(line, {})
    return found
