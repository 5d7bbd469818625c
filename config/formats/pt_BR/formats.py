"""Brazilian Portuguese: ``3 de fev. de 2026, 15:07``."""

DATE_FORMAT = SHORT_DATE_FORMAT = r"j \d\e b\. \d\e Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = f"{DATE_FORMAT}, {TIME_FORMAT}"
