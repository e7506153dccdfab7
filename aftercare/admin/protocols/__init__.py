from aftercare.admin.protocols.listing import ProtocolAdmin

__all__ = ["ProtocolAdmin"]
