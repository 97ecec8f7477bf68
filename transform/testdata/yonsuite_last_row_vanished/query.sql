select productsku_code, currentqty from yonsuite.current_stock
