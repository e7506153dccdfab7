from notifications.models.messages import Attempt, Message, Suppression

__all__ = ["Attempt", "Message", "Suppression"]
