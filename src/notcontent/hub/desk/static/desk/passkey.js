// Passkeys at the desk: turns the server's options into the browser's request and its answer into the form's field.
// Works without inline script and makes no request of its own but one, for a fresh challenge when signing in.
// @ts-check

/** @param {string} text base64url @returns {ArrayBuffer} */
function bytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0)).buffer;
}

/** @param {ArrayBuffer | null} buffer @returns {string | null} base64url */
function text(buffer) {
  if (buffer === null) return null;
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {{id: string}[] | undefined} list */
function descriptors(list) {
  return (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
}

/**
 * Make a passkey. `alone`: it must be able to sign in by itself, so the device keeps it and verifies the person.
 * @param {any} options the server's creation options @param {boolean} alone
 */
async function create(options, alone) {
  const asked = options.publicKey;
  const made = /** @type {PublicKeyCredential} */ (
    await navigator.credentials.create({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        user: { ...asked.user, id: bytes(asked.user.id) },
        excludeCredentials: descriptors(asked.excludeCredentials),
        authenticatorSelection: {
          ...asked.authenticatorSelection,
          residentKey: alone ? "required" : "discouraged",
          requireResidentKey: alone,
          userVerification: alone ? "required" : "preferred",
        },
      },
    })
  );
  const response = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return {
    ...named(made),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

/** Ask for a signature by a passkey. @param {any} options the server's request options */
async function use(options) {
  const asked = options.publicKey;
  const used = /** @type {PublicKeyCredential} */ (
    await navigator.credentials.get({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        allowCredentials: descriptors(asked.allowCredentials),
      },
    })
  );
  const response = /** @type {AuthenticatorAssertionResponse} */ (used.response);
  return {
    ...named(used),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: text(response.userHandle),
    },
  };
}

/** @param {PublicKeyCredential} credential */
function named(credential) {
  return {
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

/** The options stand in the page, except on the sign-in page: there a challenge is made when it is asked for. */
async function options(/** @type {HTMLFormElement} */ form) {
  const inPage = document.getElementById("passkey-options");
  if (inPage) return JSON.parse(inPage.textContent ?? "");
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("no challenge");
  return (await answer.json()).request_options;
}

/** @param {HTMLFormElement} form @param {HTMLElement} failed */
async function send(form, failed) {
  failed.hidden = true;
  try {
    const asked = await options(form);
    const alone = form.elements.namedItem("passwordless");
    const answer =
      form.dataset.passkey === "add"
        ? await create(asked, alone instanceof HTMLInputElement && alone.checked)
        : await use(asked);
    const field = form.elements.namedItem("credential");
    if (field instanceof HTMLInputElement) field.value = JSON.stringify(answer);
    form.submit();
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    const words = failed.dataset;
    failed.textContent =
      (name === "NotAllowedError" || name === "AbortError"
        ? words.cancelled
        : name === "InvalidStateError"
          ? words.known
          : words.other) ?? "";
    failed.hidden = false;
  }
}

/** Passkeys belong to a domain: a page at a bare address (127.0.0.1) has none. */
function offered() {
  const bareAddress = /^[\d.]+$|^\[/.test(location.hostname);
  return window.isSecureContext && "PublicKeyCredential" in window && !bareAddress;
}

const form = document.getElementById("passkey-form");
const failed = document.getElementById("passkey-failed");
if (form instanceof HTMLFormElement && failed && offered()) {
  form.hidden = false;
  document.getElementById("passkey-missing")?.setAttribute("hidden", "");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form, failed);
  });
}
