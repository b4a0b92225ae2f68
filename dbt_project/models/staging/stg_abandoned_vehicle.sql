{{ staged('abandoned_vehicle') }}
