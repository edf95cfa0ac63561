"""In which order staff find the lists: what support opens first stands first."""

# Title, then the models by their class names.
SECTIONS = (
    ("Onboarding", ("OnboardingLink", "RegisteredNumber", "SharedWaba", "GraphCall")),
    ("WhatsApp", ("PhoneNumber", "Waba")),
    ("Inbox", ("Conversation", "Message", "Contact", "SharedInboxLink")),
    ("Webhooks", ("OutgoingWebhook", "Delivery", "Event")),
    ("From Meta", ("Change", "Notification", "UserRequest")),
    ("Customers", ("Organization", "ApiKey")),
    ("Staff", ("LogEntry", "User", "Group")),
)
ORDER = [name for _, names in SECTIONS for name in names]
