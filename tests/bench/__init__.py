import sessions_app  # noqa: F401 - before numpy, as in the product: it sets the number of threads
