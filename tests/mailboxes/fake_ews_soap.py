"""The SOAP that a fake Exchange answers: enough of [MS-OXWSSYNC], [MS-OXWSMSG], [MS-OXWOOF], [MS-OXWSNTIF] for exchangelib, unpatched."""

from __future__ import annotations

import base64
from html import escape
from xml.etree.ElementTree import Element

from tests.mailboxes.fake_ews_store import Item, StateRefused, Store

M = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
T = "{http://schemas.microsoft.com/exchange/services/2006/types}"
_XMLNS = (
    'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
    'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
)
_BUILD = 'MajorVersion="15" MinorVersion="2" MajorBuildNumber="2562" MinorBuildNumber="17" Version="V2017_07_11"'
_HEADER = f"<s:Header><t:ServerVersionInfo {_BUILD}/></s:Header>"


def envelope(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><s:Envelope {_XMLNS}>{_HEADER}<s:Body>{body}</s:Body></s:Envelope>'.encode()


def fault(code: str, text: str = "no", back_off_milliseconds: int = 0) -> bytes:
    """To be sent with HTTP status 500."""
    more = f'<t:MessageXml><t:Value Name="BackOffMilliseconds">{back_off_milliseconds}</t:Value></t:MessageXml>' if back_off_milliseconds else ""
    errors = "http://schemas.microsoft.com/exchange/services/2006/errors"
    return envelope(
        f"<s:Fault><faultcode>a:{code}</faultcode><faultstring>{text}</faultstring>"
        f'<detail><e:ResponseCode xmlns:e="{errors}">{code}</e:ResponseCode><e:Message xmlns:e="{errors}">{text}</e:Message>{more}</detail></s:Fault>'
    )


def message(operation: str, inner: str, code: str = "NoError", *, extra: str = "") -> str:
    kind = "Success" if code == "NoError" else "Error"
    text = f"<m:MessageText>not given to secret@resident.example</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>"
    said = f"<m:ResponseCode>{code}</m:ResponseCode>" if kind == "Success" else f"{text}<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{extra}"
    return f'<m:{operation}ResponseMessage ResponseClass="{kind}">{said}{inner}</m:{operation}ResponseMessage>'


def response(operation: str, messages: str) -> bytes:
    return envelope(f"<m:{operation}Response><m:ResponseMessages>{messages}</m:ResponseMessages></m:{operation}Response>")


def refusal(operation: str, code: str) -> bytes:
    """A response message with an error, as the operation's schema has it."""
    if operation == "GetUserOofSettings":
        inner = (
            f'<m:ResponseMessage ResponseClass="Error"><m:MessageText>no</m:MessageText><m:ResponseCode>{code}</m:ResponseCode></m:ResponseMessage>'
        )
        return envelope(f"<m:GetUserOofSettingsResponse>{inner}</m:GetUserOofSettingsResponse>")
    extra = "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>" if operation == "SyncFolderItems" else ""
    return response(operation, message(operation, "", code, extra=extra))


def sync_folder_items(store: Store, request: Element) -> bytes:
    folder = request.find(f".//{T}DistinguishedFolderId")
    assert folder is not None
    try:
        most = min(512, int(request.findtext(f"{M}MaxChangesReturned", "0")))
        changes, state, last = store.sync(folder.attrib["Id"], request.findtext(f"{M}SyncState", ""), most)
    except StateRefused:
        return refusal("SyncFolderItems", "ErrorInvalidSyncStateData")
    inner = "".join(_change(store, *each) for each in changes)
    last_in_range = f"<m:SyncState>{state}</m:SyncState><m:IncludesLastItemInRange>{str(last).lower()}</m:IncludesLastItemInRange>"
    return response("SyncFolderItems", message("SyncFolderItems", f"{last_in_range}<m:Changes>{inner}</m:Changes>"))


def _change(store: Store, change: str, item: str) -> str:
    if change == "Delete":
        return f'<t:Delete><t:ItemId Id="{item}" ChangeKey="CQ"/></t:Delete>'
    if change == "ReadFlagChange":
        return f'<t:ReadFlagChange><t:ItemId Id="{item}" ChangeKey="CQ"/><t:IsRead>true</t:IsRead></t:ReadFlagChange>'
    it = store.items[item]
    when = f"{it.received:%Y-%m-%dT%H:%M:%SZ}"
    fields = f'<t:ItemId Id="{item}" ChangeKey="CQ"/><t:DateTimeReceived>{when}</t:DateTimeReceived><t:Size>{it.size}</t:Size>'
    return f"<t:{change}><t:{it.kind}>{fields}<t:DateTimeCreated>{when}</t:DateTimeCreated></t:{it.kind}></t:{change}>"


def get_item(store: Store, request: Element) -> bytes:
    wanted = [store.items.get(each.attrib["Id"]) for each in request.iter(f"{T}ItemId")]
    header_only = request.find(f".//{T}ExtendedFieldURI") is not None
    return response("GetItem", "".join(_item(each, header_only=header_only) for each in wanted))


def _item(item: Item | None, *, header_only: bool) -> str:
    code = item.code if item else "ErrorItemNotFound"
    if item is None or code:
        return message("GetItem", "<m:Items/>", code)
    if header_only:
        value = f"<t:Value>{escape(item.header)}</t:Value>" if item.header else ""
        field = f'<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x7d" PropertyType="String"/>{value}</t:ExtendedProperty>' if value else ""
        inner = f'<t:ItemId Id="{item.id}" ChangeKey="CQ"/>{field}'
    else:
        mime = base64.b64encode(item.mime).decode()
        inner = f'<t:MimeContent CharacterSet="UTF-8">{mime}</t:MimeContent><t:ItemId Id="{item.id}" ChangeKey="CQ"/>'
    return message("GetItem", f"<m:Items><t:{item.kind}>{inner}</t:{item.kind}></m:Items>")


def get_user_oof_settings(store: Store, _: Element) -> bytes:
    kept = store.out_of_office
    texts = "".join(
        f"<t:{kind}Reply><t:Message>{escape(text)}</t:Message></t:{kind}Reply>"
        for kind, text in (("Internal", kept.internal), ("External", kept.external))
    )
    duration = f"<t:Duration><t:StartTime>{kept.start}</t:StartTime><t:EndTime>{kept.end}</t:EndTime></t:Duration>"
    settings = f"<t:OofState>{kept.state}</t:OofState><t:ExternalAudience>{kept.audience}</t:ExternalAudience>{duration}{texts}"
    said = '<m:ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:ResponseMessage>'
    return envelope(f"<m:GetUserOofSettingsResponse>{said}<t:OofSettings>{settings}</t:OofSettings></m:GetUserOofSettingsResponse>")


def stream_status(status: str) -> bytes:
    return response("GetStreamingEvents", message("GetStreamingEvents", f"<m:ConnectionStatus>{status}</m:ConnectionStatus>"))


def stream_notification(subscription: str, item: str) -> bytes:
    event = (
        f'<t:NewMailEvent><t:TimeStamp>2026-11-22T15:00:00Z</t:TimeStamp><t:ItemId Id="{item}" ChangeKey="CQ"/>'
        '<t:ParentFolderId Id="F" ChangeKey="AQ"/></t:NewMailEvent>'
    )
    inner = f"<t:SubscriptionId>{subscription}</t:SubscriptionId>{event}"
    return response(
        "GetStreamingEvents", message("GetStreamingEvents", f"<m:Notifications><m:Notification>{inner}</m:Notification></m:Notifications>")
    )


def stream_ended(subscription: str, code: str) -> bytes:
    lost = f"<m:ErrorSubscriptionIds><m:SubscriptionId>{subscription}</m:SubscriptionId></m:ErrorSubscriptionIds>"
    return response("GetStreamingEvents", message("GetStreamingEvents", lost, code))
