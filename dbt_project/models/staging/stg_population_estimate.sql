{{ staged('population_estimate') }}
