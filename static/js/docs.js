const target = document.getElementById("reference");
SwaggerUIBundle({
  url: target.dataset.url,
  domNode: target,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  validatorUrl: null,
});
