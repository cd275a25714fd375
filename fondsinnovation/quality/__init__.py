"""The static checks of `manage.py quality`. Development only: nothing here is imported by the portal."""
