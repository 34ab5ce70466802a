// @ts-check
// The one script that runs in a mail's frame, which has no origin: it tells the page around it how
// tall the mail is, where the place is that is outlined, and what is clicked. It listens to nobody.
(() => {
  const page = location.origin; // of this address: the document's own origin is none
  const tell = (/** @type {object} */ news) => parent.postMessage(news, page);
  const tellLayout = () => {
    const outlined = document.querySelector(":target");
    tell({
      height: Math.ceil(document.documentElement.getBoundingClientRect().height),
      anchor: outlined ? outlined.id : "",
      top: outlined ? outlined.getBoundingClientRect().top + scrollY : 0,
    });
  };
  addEventListener("load", () => {
    tellLayout(); // at once: what is not seen yet may not be observed
    new ResizeObserver(tellLayout).observe(document.documentElement);
  });
  // With the next drawing: while the pane around it is hidden a mail has no height, and what is as
  // tall afterwards as before is not observed.
  addEventListener("hashchange", () => requestAnimationFrame(tellLayout));
  addEventListener("click", (event) => {
    const place = event.target instanceof Element && event.target.closest("[data-nl]");
    if (place) tell({ place: Number(place.getAttribute("data-nl")) });
  });
})();
