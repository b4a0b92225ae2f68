{{ staged('crime_outcome') }}
