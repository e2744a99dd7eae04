"""What the relay says on its own account: the client's own mistakes, limits, and faults of ours (always temporary)."""

from __future__ import annotations

from gateway.delivery.reply import own

OK = own(250, "0.0", "Ok")
BYE = own(221, "0.0", "Bye")
READY_FOR_TLS = own(220, "0.0", "Ready to start TLS")
CANNOT_VERIFY = own(252, "0.0", "Cannot verify, but will try to deliver")
HELP = own(214, "0.0", "EHLO HELO MAIL RCPT DATA RSET NOOP QUIT STARTTLS VRFY HELP")

CLOSING = own(421, "3.2", "The service is closing, try again later")
TOO_MANY_CLIENTS = own(421, "7.0", "Too many connections, try again later")
TOO_MANY_FROM_ADDRESS = own(421, "7.0", "Too many connections from your address, try again later")
SESSION_OVER = own(421, "4.2", "This session has lasted long enough, connect again")
TOO_MANY_ERRORS = own(421, "7.0", "Too many errors")
TOO_MANY_COMMANDS = own(421, "7.0", "Too many commands without mail")
TOO_SLOW = own(421, "4.2", "Too slow, closing the connection")
NO_WEB_SERVER = own(421, "7.0", "This is no web server, closing the connection")
PLAIN_TEXT = own(421, "7.0", "Plain text behind STARTTLS, closing the connection")
CLOSING_AFTER_FAULT = own(421, "3.0", "Temporary failure, try again later")

FAULT = own(451, "3.0", "Temporary failure, try again later")
NO_ROOM = own(452, "3.1", "Too much mail under way, try again later")
TOO_MANY_RECIPIENTS = own(452, "5.3", "Too many recipients, send the rest in another transaction")
ONE_RECIPIENT = own(452, "5.3", "One recipient at a time here, send the rest in another transaction")

TOO_LONG = own(500, "5.2", "Line too long")
UNKNOWN = own(500, "5.2", "Command not recognized")
NO_ARGUMENT = own(501, "5.4", "This command takes no argument")
NO_NAME = own(501, "5.4", "Syntax: EHLO hostname")
NOT_OFFERED = own(502, "5.1", "Not offered here")
NO_HELLO = own(503, "5.1", "Send EHLO first")
NO_MAIL = own(503, "5.1", "Send MAIL first")
NO_RECIPIENTS = own(503, "5.1", "No valid recipients")
NOT_NOW = own(503, "5.1", "Not inside a transaction")
NESTED_MAIL = own(503, "5.1", "A transaction is open already")
ENCRYPTED_ALREADY = own(503, "5.1", "TLS is in use already")
NEEDS_TLS = own(530, "7.0", "Send STARTTLS first")
LONE_DOT = own(550, "5.2", "A lone dot beside a bare line break: the end of this message is ambiguous")
