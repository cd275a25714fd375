// The portal's one script. Every page works without it; it adds what a form cannot say before it is sent.
(() => {
  "use strict";

  const language = document.documentElement.lang;
  const english = language.startsWith("en");
  const count = new Intl.NumberFormat(language);
  const say = (french, other) => (english ? other : french);
  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

  // ── Every htmx request carries the CSRF token ────────────────────────────────────────────────────────────────────
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf"]');
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });

  // ── Upload progress: <progress data-upload> inside the form ──────────────────────────────────────────────────────
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.querySelector("progress[data-upload]");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.value = Math.round((100 * event.detail.loaded) / event.detail.total);
  });

  // ── Live totals: <output data-total="name"> sums the <input data-sum="name other"> of its [data-budget], in cents ─
  const cents = (text) => {
    const bare = text.replace(/[\s\u00a0\u202f$]/g, "").replace(",", ".");
    return /^\d+(\.\d{1,2})?$/.test(bare) ? Math.round(Number(bare) * 100) : 0;
  };
  const money = (sum) => {
    const digits = sum % 100 === 0 ? 0 : 2;
    const style = { style: "currency", currency: "CAD", currencyDisplay: "narrowSymbol", minimumFractionDigits: digits };
    return new Intl.NumberFormat(language, { ...style, maximumFractionDigits: digits }).format(sum / 100);
  };
  const total = (budget) => {
    for (const output of budget.querySelectorAll("output[data-total]")) {
      const inputs = Array.from(budget.querySelectorAll(`input[data-sum~="${output.dataset.total}"]`));
      output.textContent = money(inputs.reduce((sum, input) => sum + cents(input.value), 0));
    }
  };

  // ── Character counters: they count, they never cut ───────────────────────────────────────────────────────────────
  const recount = (counter) => {
    const text = document.getElementById(counter.dataset.counterFor);
    if (!text) return;
    const left = Number(counter.dataset.limit) - Array.from(text.value).length;
    const size = Math.abs(left);
    const one = english ? size === 1 : size < 2;
    const characters = `${count.format(size)} ${say("caractère", "character")}${one ? "" : "s"}`;
    counter.classList.toggle("over", left < 0);
    counter.textContent =
      left < 0
        ? say(`Le texte dépasse la limite de ${characters}.`, `The text is ${characters} over the limit.`)
        : say(`Il reste ${characters}.`, `${characters} left.`);
  };

  document.addEventListener("input", (event) => {
    const budget = closest(event, "[data-budget]");
    if (budget) total(budget);
    if (event.target.id) document.querySelectorAll(`[data-counter-for="${CSS.escape(event.target.id)}"]`).forEach(recount);
  });

  // ── Autosave: form[data-autosave] says when a save failed, tries again, and only then warns before leaving ───────
  let unsaved = false;
  const retry = async (form, ended) => {
    if (ended) await session.check(); // signed in again in another tab: its token comes first
    if (unsaved && form.isConnected) form.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = closest(event, "form[data-autosave]");
    if (!form) return;
    const ended = event.detail.xhr.status === 401;
    unsaved = ended || !event.detail.successful;
    const answered = [409, 422].includes(event.detail.xhr.status); // the server's own words are already in the page
    const line = form.querySelector(".save-status");
    if (!line || answered) return;
    line.classList.toggle("error", unsaved);
    if (!unsaved) return;
    line.textContent = ended
      ? say(
          "Non enregistré : votre session a pris fin. Gardez cette page ouverte et reconnectez-vous dans un autre onglet.",
          "Not saved: your session has ended. Keep this page open and sign in again in another tab.",
        )
      : say(
          "Non enregistré : le portail ne répond pas. Gardez cette page ouverte; un nouvel essai suivra.",
          "Not saved: the portal does not answer. Keep this page open; it will try again.",
        );
    if (ended) session.check();
    setTimeout(retry, 15000, form, ended);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-autosave].htmx-request")) {
      event.preventDefault(); // a save is under way: its answer brings the version that this form must send
      const again = () => setTimeout(() => form.requestSubmit(event.submitter));
      form.addEventListener("htmx:afterRequest", again, { once: true });
      return;
    }
    unsaved = false;
  });
  window.addEventListener("beforeunload", (event) => unsaved && event.preventDefault());

  // ── The session: body[data-session] says where to ask how long is left; a word before it ends, and a way to stay ───
  const session = (() => {
    const { session: address, left: length, signIn } = document.body.dataset;
    const WARN = 300; // seconds
    let timer, box;
    const later = (seconds) => {
      clearTimeout(timer);
      timer = setTimeout(check, Math.max(seconds, 1) * 1000);
    };
    const show = (text, action) => {
      box ??= document.querySelector("main").appendChild(document.createElement("div"));
      box.className = "notice warning session-warning";
      box.setAttribute("role", "alert");
      const line = document.createElement("p");
      line.textContent = text;
      box.replaceChildren(line, ...(action ? [action] : []));
    };
    const renew = (token) => {
      const meta = document.querySelector('meta[name="csrf"]');
      if (meta) meta.content = token;
      document.querySelectorAll('input[name="csrfmiddlewaretoken"]').forEach((input) => (input.value = token));
    };
    const ask = (method) => {
      const headers = { Accept: "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf"]')?.content ?? "" };
      return fetch(address, { method, headers });
    };
    const stay = () => {
      const button = document.createElement("button");
      button.className = "button";
      button.textContent = say("Rester connecté", "Stay signed in");
      button.addEventListener("click", () => check("POST"));
      return button;
    };
    const over = () => {
      const link = document.createElement("a");
      Object.assign(link, { href: signIn, target: "_blank", rel: "noopener", className: "button" });
      link.textContent = say("Se reconnecter dans un autre onglet", "Sign in again in another tab");
      show(
        say(
          "Votre session a pris fin. Ce que vous avez écrit reste sur cette page; reconnectez-vous dans un autre onglet avant de l’envoyer.",
          "Your session has ended. What you wrote stays on this page; sign in again in another tab before you send it.",
        ),
        link,
      );
      later(15);
    };
    const tell = ({ left, may_stay: mayStay }) => {
      const end = new Date(Date.now() + left * 1000).toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
      const text = mayStay
        ? say(`Votre session prendra fin à ${end}, faute d’activité.`, `Your session will end at ${end} for want of activity.`)
        : say(`Votre session prendra fin à ${end}. Enregistrez ce que vous faites.`, `Your session will end at ${end}. Save your work.`);
      if (box?.firstChild?.textContent !== text) show(text, mayStay ? stay() : null);
      later(Math.min(left + 1, 30));
    };
    const check = async (method = "GET") => {
      if (!address) return;
      const answer = await ask(method).catch(() => null);
      if (!answer || answer.status >= 500) return later(30);
      if (!answer.ok) return over();
      const state = await answer.json();
      renew(state.csrf);
      if (state.left <= WARN) return tell(state);
      box?.remove();
      box = undefined;
      later(state.left - WARN);
    };
    if (address) {
      later(Number(length) - WARN);
      document.addEventListener("visibilitychange", () => document.hidden || !box || check());
    }
    return { check: () => check() };
  })();

  // ── Add a row: <button data-add-row="formset prefix" data-template="id">; without script the server adds it ──────
  const addRow = (button) => {
    const forms = button.form.elements[`${button.dataset.addRow}-TOTAL_FORMS`];
    const template = document.getElementById(button.dataset.template);
    const row = template.content.cloneNode(true);
    for (const node of row.querySelectorAll("*"))
      for (const attribute of node.attributes) attribute.value = attribute.value.replaceAll("__prefix__", forms.value);
    const first = row.querySelector("input:not([type=hidden]), select, textarea");
    template.before(row);
    forms.value = Number(forms.value) + 1;
    first?.focus();
  };

  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-add-row]");
    if (button) {
      event.preventDefault();
      addRow(button);
    }
    const link = closest(event, "[data-copy-link]");
    if (link && navigator.clipboard) {
      event.preventDefault();
      const address = new URL(link.getAttribute("href") || "", location.href).href;
      navigator.clipboard.writeText(address).then(() => (link.textContent = say("Lien copié", "Link copied")));
    }
  });

  // ── When a page, or a part of it, arrives ────────────────────────────────────────────────────────────────────────
  const phone = window.matchMedia("(max-width: 47.99em)");
  const fold = () => document.querySelectorAll("details[data-fold]").forEach((filters) => (filters.open = !phone.matches));
  const arrive = (root) => {
    root.querySelectorAll("[data-budget]").forEach(total);
    root.querySelectorAll("[data-counter-for]").forEach(recount);
    root.querySelector("[data-focus]")?.focus();
  };
  phone.addEventListener("change", fold);
  document.addEventListener("htmx:load", (event) => event.target !== document.body && arrive(event.target));
  fold();
  arrive(document);
})();
