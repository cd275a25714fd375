// Passkeys: form[data-passkey] asks the device for its answer, puts it in the form, and sends it.
(() => {
  "use strict";

  const english = document.documentElement.lang.startsWith("en");
  const say = (french, other) => (english ? other : french);

  // ── Bytes travel as base64url ────────────────────────────────────────────────────────────────────────────────────
  const bytes = (text) => {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
    return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) => {
    const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

  const create = async ({ creation_options: { publicKey } }) => {
    const options = {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: known(publicKey.excludeCredentials),
    };
    const made = await navigator.credentials.create({ publicKey: options });
    const response = {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    };
    return answer(made, response);
  };
  const get = async ({ request_options: { publicKey } }) => {
    const options = { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials: known(publicKey.allowCredentials) };
    const found = await navigator.credentials.get({ publicKey: options });
    const response = {
      clientDataJSON: text(found.response.clientDataJSON),
      authenticatorData: text(found.response.authenticatorData),
      signature: text(found.response.signature),
      userHandle: found.response.userHandle ? text(found.response.userHandle) : null,
    };
    return answer(found, response);
  };
  const answer = (credential, response) => ({
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });

  // ── The forms ────────────────────────────────────────────────────────────────────────────────────────────────────
  const asked = async (form) => {
    if (form.dataset.passkey !== "sign-in") return JSON.parse(document.getElementById("passkey-options").textContent);
    const reply = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!reply.ok) throw new Error(reply.status);
    return reply.json();
  };
  const run = async (form) => {
    const options = await asked(form);
    const credential = form.dataset.passkey === "create" ? await create(options) : await get(options);
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  };
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const line = form.querySelector("[data-passkey-error]");
      line.hidden = true;
      run(form).catch(() => {
        line.hidden = false;
        line.textContent = say("La clé d’accès n’a pas répondu. Recommencez.", "The passkey did not answer. Try again.");
      });
    });
  }
})();
