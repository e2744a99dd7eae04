"""Public mail providers, as data: domains behind which strangers to each other live, so that no cap counts them together.

The large ones, those of Canadian access providers, and the privacy-minded ones. Nothing else follows from standing here.
"""

from __future__ import annotations

PUBLIC_MAIL_PROVIDERS = frozenset(
    (
        # Google, Microsoft, Yahoo and AOL, Apple
        "gmail.com", "googlemail.com", "outlook.com", "outlook.fr", "hotmail.com", "hotmail.ca", "hotmail.fr", "hotmail.co.uk",
        "hotmail.it", "hotmail.es", "live.com", "live.ca", "live.fr", "live.co.uk", "msn.com", "yahoo.com", "yahoo.ca", "yahoo.fr",
        "yahoo.co.uk", "yahoo.co.in", "yahoo.in", "yahoo.de", "yahoo.it", "yahoo.es", "yahoo.com.br", "yahoo.com.ph", "yahoo.com.hk",
        "ymail.com", "rocketmail.com", "aol.com", "aim.com", "icloud.com", "me.com", "mac.com",
        # Canadian access providers
        "rogers.com", "bell.net", "bellnet.ca", "sympatico.ca", "telus.net", "shaw.ca", "videotron.ca", "cogeco.ca", "cogeco.net",
        "eastlink.ca", "teksavvy.com", "primus.ca", "sasktel.net", "mts.net", "mymts.net", "distributel.net", "xplornet.com", "xplornet.ca",
        "execulink.com", "start.ca", "vif.com", "look.ca", "on.aibn.com", "nexicom.net", "ncf.ca", "interlog.com", "pathcom.com",
        "idirect.com",
        # others of many countries
        "proton.me", "protonmail.com", "protonmail.ch", "pm.me", "fastmail.com", "fastmail.fm", "fastmail.ca", "hushmail.com", "hush.com",
        "tutanota.com", "tutanota.de", "tuta.com", "tuta.io", "mailbox.org", "posteo.de", "posteo.net", "runbox.com", "startmail.com",
        "disroot.org", "riseup.net", "gmx.com", "gmx.net", "gmx.de", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "mail.com",
        "email.com", "usa.com", "inbox.com", "zoho.com", "zohomail.com", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr",
        "neuf.fr", "bluewin.ch", "libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it", "uol.com.br", "bol.com.br", "terra.com.br",
        "sapo.pt", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "seznam.cz", "centrum.cz", "abv.bg", "mail.ru", "bk.ru", "list.ru",
        "inbox.ru", "yandex.ru", "yandex.com", "ya.ru", "rambler.ru", "ukr.net", "i.ua", "qq.com", "foxmail.com", "163.com", "126.com",
        "yeah.net", "sina.com", "sina.cn", "sohu.com", "aliyun.com", "139.com", "naver.com", "hanmail.net", "daum.net", "nate.com",
        "rediffmail.com", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "charter.net", "spectrum.net",
        "cox.net", "earthlink.net", "optonline.net", "frontier.com", "btinternet.com", "sky.com", "virginmedia.com", "talktalk.net",
        "ntlworld.com", "bigpond.com", "bigpond.net.au", "optusnet.com.au", "xtra.co.nz",
    )
)  # fmt: skip
