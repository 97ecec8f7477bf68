select productsku_code, currentqty, run_id from yonsuite.current_stock order by 1
