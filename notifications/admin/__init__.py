from notifications.admin.alarms import AlarmAdmin
from notifications.admin.messages import MessageAdmin
from notifications.admin.replies import ReplyAdmin

__all__ = ["AlarmAdmin", "MessageAdmin", "ReplyAdmin"]
