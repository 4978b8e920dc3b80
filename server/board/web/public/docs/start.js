// Starts the API browser of /api/docs. A file of its own, because the page allows no script inside it.
window.SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'none',
  filter: true,
  validatorUrl: null,
})
