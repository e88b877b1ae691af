-- How many households a grid serves itself, without those of the grids below it.
ALTER TABLE grids ADD COLUMN households BIGINT NOT NULL DEFAULT 0;
