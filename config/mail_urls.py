"""Mounted in the embedded mode only."""

from django.urls import path

from config import mail

urlpatterns = [path("mail", mail.mailbox), path("mail/<str:name>", mail.mail)]
