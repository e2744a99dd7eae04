"""Built-in words, for when a template fails while mail flows: plain, short, in both languages, with the promise in them.

Decides nothing; it has no file behind it that could be missing.
"""

from __future__ import annotations

from collections.abc import Mapping


def built_in_source(values: Mapping[str, str], language: str) -> str:
    """In the form that `passages.passage` reads; the same values that the templates are given."""
    respond_by, reference, telephone = values["respond_by"], values["reference"], values["telephone"]
    if language == "fr":
        return "\n\n".join(
            (
                "Bonjour,",
                "Nous avons bien reçu votre message. Une personne de notre équipe le lira.",
                f"Vous recevrez notre réponse au plus tard le {respond_by}." if respond_by else "",
                "Pour ajouter un renseignement, il suffit de répondre à ce message.",
                f"Si vous ne pouvez pas attendre, composez le {telephone}.",
                f"Votre numéro de référence est {reference}." if reference else "",
                "Ce message vous est envoyé automatiquement pour vous confirmer que le vôtre est bien arrivé.",
            )
        )
    return "\n\n".join(
        (
            "Hello,",
            "Your message has reached us. A person on our team will read it.",
            f"You will have our answer by {respond_by}." if respond_by else "",
            "To add something, reply to this message.",
            f"If you cannot wait, call {telephone}.",
            f"Your reference is {reference}." if reference else "",
            "This message was sent automatically so that you know yours arrived.",
        )
    )


def built_in_signature(values: Mapping[str, str]) -> tuple[str, ...]:
    """Lines of the signature: the seven fields, without labels that would need a language."""
    return tuple(values[name] for name in ("team", "function", "division", "organization", "telephone", "email", "website"))
