// A console link carries its secret in the fragment, which no server, proxy or log sees. It goes into the form,
// out of the address bar and the history, and is posted.
const form = document.querySelector("form[data-fragment]");
const secret = location.hash.slice(1);
if (form && secret) {
    history.replaceState(null, "", location.pathname);
    form.elements.namedItem(form.dataset.fragment).value = secret;
    form.submit();
}
