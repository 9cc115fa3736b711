"""The methods of the Web API, by family: `method(backend, arguments) -> answer`."""
