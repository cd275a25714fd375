"""The components of the pages: template tags with declared arguments, so that a misspelled one fails when the template loads.

A list is a block tag and each of its rows a plain tag: `{% facts %}{% fact label value %}{% endfacts %}`. docs/design.md shows each.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.forms.formsets import BaseFormSet
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from fondsinnovation.templatetags import typography

register = template.Library()

TAG_COLOURS = ("", "blue", "green", "yellow", "red", "outline")
NOTICE_KINDS = ("", "success", "warning", "danger")
#: the level of a flash message → the kind of its notice
MESSAGE_KINDS = {"success": "success", "warning": "warning", "error": "danger"}
EMPTY = SafeString("")


def _one_of(value: str, allowed: tuple[str, ...], what: str) -> str:
    if value not in allowed:
        raise template.TemplateSyntaxError(f"{what} is one of {', '.join(repr(name) for name in allowed)}, not {value!r}")
    return value


# ── The frame ────────────────────────────────────────────────────────────────────────────────────────────────────────
@register.simple_tag
def government_signature() -> str:
    return settings.GOVERNMENT_SIGNATURE


@register.simple_tag
def html_lang() -> str:
    """The language of the page as HTML wants it: « fr-CA »."""
    language, _dash, region = (get_language() or settings.LANGUAGE_CODE).partition("-")
    return f"{language}-{(region or 'CA').upper()}"


@register.inclusion_tag("components/language.html", takes_context=True)
def language_switch(context: Context) -> dict[str, Any]:
    """The other language, and the page to come back to: this one when it can be asked for again."""
    request = context.get("request")
    other = ("fr-ca", "fr-CA", "Français") if (get_language() or "").startswith("en") else ("en-ca", "en-CA", "English")
    next_url = request.get_full_path() if request and request.method in ("GET", "HEAD") else ""
    return {"code": other[0], "lang": other[1], "label": other[2], "next": next_url, "csrf_token": context.get("csrf_token", "")}


@register.filter
def message_kind(level: str) -> str:
    return MESSAGE_KINDS.get(level, "")


@register.simple_tag
def page_header(title: str, eyebrow: str = "", lead: str = "", note: str = "") -> SafeString:
    """The page's one h1, with what stands above it, under it and beside it."""
    above = format_html('<p class="eyebrow">{}</p>', eyebrow) if eyebrow else EMPTY
    beside = format_html('<p class="small soft">{}</p>', note) if note else EMPTY
    under = format_html('<p class="lead">{}</p>', lead) if lead else EMPTY
    return format_html('<div class="page-header"><div>{}<h1>{}</h1></div>{}</div>{}', above, title, beside, under)


@register.simple_block_tag
def breadcrumb(content: str) -> SafeString:
    return format_html('<nav class="breadcrumb container" aria-label="{}"><ol>{}</ol></nav>', _("Fil d’Ariane"), content)


@register.simple_tag
def crumb(label: str, url: str = "") -> SafeString:
    """A page above this one; without `url`, this one."""
    if not url:
        return format_html('<li aria-current="page">{}</li>', label)
    return format_html('<li><a href="{}">{}</a></li>', url, label)


# ── Words and boxes ──────────────────────────────────────────────────────────────────────────────────────────────────
@register.simple_tag
def tag(label: str, colour: str = "", id: str = "") -> SafeString:
    """A state in a word. Blue is under way, green done, yellow waits for someone, red to correct, outline not begun."""
    classes = f"tag {_one_of(colour, TAG_COLOURS, 'colour')}".strip()
    identity = format_html(' id="{}"', id) if id else EMPTY
    return format_html('<span class="{}"{}>{}</span>', classes, identity, label)


@register.simple_block_tag
def notice(content: str, kind: str = "", title: str = "", role: str = "") -> SafeString:
    classes = f"notice {_one_of(kind, NOTICE_KINDS, 'kind')}".strip()
    announced = format_html(' role="{}"', _one_of(role, ("", "status", "alert"), "role")) if role else EMPTY
    heading = format_html("<h2>{}</h2>", title) if title else EMPTY
    return format_html('<div class="{}"{}>{}{}</div>', classes, announced, heading, content)


@register.simple_tag
def progress(value: int, maximum: int, label: str) -> SafeString:
    said = _("%(value)s sur %(maximum)s") % {"value": value, "maximum": maximum}
    return format_html('<progress class="progress" max="{}" value="{}" aria-label="{}">{}</progress>', max(maximum, 1), value, label, said)


@register.inclusion_tag("components/empty_state.html")
def empty_state(text: str, url: str = "", label: str = "") -> dict[str, str]:
    return {"text": text, "url": url, "label": label}


@register.inclusion_tag("components/actions.html")
def actions(submit: str = "", cancel_url: str = "", cancel_label: str = "", name: str = "", value: str = "") -> dict[str, str]:
    """The button that does what the page is for, and the way out of it."""
    cancel = _("Annuler")
    if submit.startswith(cancel):  # « Annuler le lot » beside « Annuler » would not say which of the two keeps it
        cancel = _("Revenir")
    return {"submit": submit, "cancel_url": cancel_url, "cancel_label": cancel_label or cancel, "name": name, "value": value}


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@register.simple_block_tag
def facts(content: str, small: bool = False, bottom: bool = False, stacked: bool = False) -> SafeString:
    """Names and what they say, side by side; `stacked`: one over the other, where the column is narrow."""
    classes = " ".join(["facts", *["small"] * small, *["bottom"] * bottom, *["stacked"] * stacked])
    return format_html('<dl class="{}">{}</dl>', classes, content)


@register.simple_tag
def fact(label: str, value: object, number: bool = False) -> SafeString:
    shown = typography.unknown() if value is None or value == "" else value
    return format_html("<dt>{}</dt><dd{}>{}</dd>", label, mark_safe(' class="num"') if number else EMPTY, shown)


@register.simple_block_tag
def figures(content: str) -> SafeString:
    """The few numbers that a page begins with."""
    return format_html('<dl class="figures">{}</dl>', content)


@register.simple_tag
def figure_number(label: str, value: object, note: str = "", url: str = "") -> SafeString:
    shown = format_html('<a href="{}">{}</a>', url, value) if url else value
    under = format_html('<dd class="small soft">{}</dd>', note) if note else EMPTY
    return format_html("<div><dt>{}</dt><dd>{}</dd>{}</div>", label, shown, under)


@register.simple_block_tag
def task_list(content: str, small: bool = False) -> SafeString:
    return format_html('<ul class="{}">{}</ul>', "tasks small" if small else "tasks", content)


@register.simple_tag
def task(label: str, url: str = "", state: str = "", colour: str = "", hint: str = "") -> SafeString:
    """One row to do; the whole row is the link. Without `url` it cannot be opened yet."""
    identity = f"task-{slugify(url or label)}"
    about = format_html(' aria-describedby="{}"', identity) if state else EMPTY
    name = format_html('<a href="{}"{}>{}</a>', url, about, label) if url else format_html("<span>{}</span>", label)
    under = format_html('<span class="hint">{}</span>', hint) if hint else EMPTY
    return format_html("<li><span>{}{}</span>{}</li>", name, under, tag(state, colour, identity) if state else EMPTY)


@register.simple_block_tag
def summary_list(content: str) -> SafeString:
    """Check your answers: each row says what was answered and links to where it is changed."""
    return format_html('<dl class="summary-list">{}</dl>', content)


@register.simple_tag
def summary_row(label: str, value: object, url: str = "", action: str = "") -> SafeString:
    """`action` is the link's word (« Modifier »); a screen reader hears what it changes as well."""
    shown = value if value not in (None, "") else format_html('<span class="missing">{}</span>', _("À remplir"))
    link = EMPTY
    if url:
        link = format_html(
            '<dd><a href="{}">{}<span class="visually-hidden">{}</span></a></dd>', url, action or _("Modifier"), f" : {label}"
        )
    return format_html("<div><dt>{}</dt><dd>{}</dd>{}</div>", label, shown, link)


@register.simple_block_tag
def timeline(content: str) -> SafeString:
    return format_html('<ol class="timeline">{}</ol>', content)


@register.simple_tag
def event(title: str, at: datetime | None = None, by: str = "", text: str = "") -> SafeString:
    """What happened and when; without `at`, what comes next."""
    when = EMPTY
    if at is not None:
        said = typography.long_datetime(at)
        when = format_html('<time datetime="{}">{}</time>', at.isoformat(), said)
    parts = [part for part in (when, by) if part]
    about = format_html('<p class="small soft">{}</p>', format_html_join(" · ", "{}", ((part,) for part in parts))) if parts else EMPTY
    more = format_html("<p>{}</p>", text) if text else EMPTY
    done = mark_safe(' class="done"') if at is not None else EMPTY
    return format_html('<li{}><p class="title">{}</p>{}{}</li>', done, title, about, more)


# ── Forms, tables, charts ────────────────────────────────────────────────────────────────────────────────────────────
@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: BaseForm | BaseFormSet) -> dict[str, Any]:
    """Every error of the page, each a link to its field. Nothing when there is none, or no form at all."""
    return {"errors": [error for form in forms if isinstance(form, BaseForm | BaseFormSet) for error in _errors(form)]}


def _errors(form: BaseForm | BaseFormSet) -> Iterator[dict[str, str]]:
    if isinstance(form, BaseFormSet):
        yield from ({"text": text, "target": "", "label": ""} for text in form.non_form_errors())
        for each in form.forms:
            yield from _errors(each)
        return
    places = {name: place for place, name in enumerate(form.fields)}  # as the page reads, then those of the whole form
    for name, messages in sorted(form.errors.items(), key=lambda each: places.get(each[0], len(places))):
        bound = form[name] if name in form.fields else None
        visible = bound is not None and not bound.is_hidden
        target = (bound.auto_id if bound.use_fieldset else bound.id_for_label) if visible else ""
        label = _("%(field)s : ") % {"field": bound.label} if visible else ""
        yield from ({"text": text, "target": target, "label": label} for text in messages)


@register.simple_tag
def field(bound: BoundField, label: str = "", hint: str | None = None) -> SafeString:
    """A field under our own words, for a form that a library made; an empty hint takes the library's away."""
    bound.label = label or bound.label
    bound.help_text = bound.help_text if hint is None else hint
    bound.field.widget.attrs.pop("placeholder", None)
    return bound.as_field_group()


@register.filter
def characters_left(bound: BoundField) -> str:
    """What the counter under a text says before any script runs."""
    left = bound.field.widget.limit - len(bound.value() or "")
    if left < 0:
        said = ngettext("Le texte dépasse la limite de %(count)s caractère.", "Le texte dépasse la limite de %(count)s caractères.", -left)
    else:
        said = ngettext("Il reste %(count)s caractère.", "Il reste %(count)s caractères.", left)
    return said % {"count": typography.number(abs(left))}


@register.inclusion_tag("components/filters.html", takes_context=True)
def filters(context: Context, form: BaseForm, label: str = "", results: str = "results") -> dict[str, Any]:
    """A GET form above a list. htmx replaces the element `results` and the address; without it the page reloads."""
    path = context["request"].path
    return {"form": form, "label": label or _("Filtrer la liste"), "results": results, "path": path}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Page, parameter: str = "page") -> dict[str, Any]:
    """Links to the pages around this one; the filters stay in the address."""
    pages = [p if isinstance(p, int) else None for p in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)]
    query = context["request"].GET.copy()

    def address(target: int) -> str:
        query[parameter] = str(target)
        return f"?{query.urlencode()}"

    return {
        "page": page,
        "links": [{"number": p, "url": address(p)} if p else None for p in pages],
        "previous": address(page.previous_page_number()) if page.has_previous() else "",
        "next": address(page.next_page_number()) if page.has_next() else "",
    }


@register.inclusion_tag("components/figure.html")
def figure(chart: Any) -> dict[str, Any]:
    """A chart of reporting.charts: finding, legend, drawing, and the same figures as a table."""
    return {"chart": chart}
