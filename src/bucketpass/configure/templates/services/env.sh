export <<env.name>>=<<env.value>>
