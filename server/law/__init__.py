"""The rules of service as pure functions: values in, values out."""
