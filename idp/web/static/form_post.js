// Sends the form of response_mode=form_post on; the button does the same without script.
document.querySelector("form[data-auto-submit]")?.submit();
