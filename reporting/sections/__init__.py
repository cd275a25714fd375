"""The sections of a follow-up report. They stand under the services, as those of an application do (docs/adr/0008)."""
