{{ staged('crime') }}
