// Redoc shows a logo from its maker's server; this page asks nobody but its own.
// The empty image cannot be shown, and Redoc then leaves the logo out.
HTMLImageElement.prototype.setAttribute = function (name, value) {
  const isForeign = name === "src" && new URL(value, location).origin !== location.origin;
  Element.prototype.setAttribute.call(this, name, isForeign ? "data:," : value);
};
Object.defineProperty(HTMLImageElement.prototype, "src", {
  get() {
    return this.getAttribute("src");
  },
  set(value) {
    this.setAttribute("src", value);
  },
});
