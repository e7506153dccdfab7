from notifications.models.addresses import Pace, Suppression, address_hash
from notifications.models.messages import Attempt, Message, Receipt
from notifications.models.operating import Alarm, DailyCount, Pause
from notifications.models.replies import Reply

__all__ = ["Alarm", "Attempt", "DailyCount", "Message", "Pace", "Pause", "Receipt", "Reply", "Suppression", "address_hash"]
