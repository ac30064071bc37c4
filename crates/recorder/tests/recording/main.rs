//! The recording file: what is written is read, whatever happens to the writer, the disk, or the file's bytes.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod live;
#[cfg(test)]
mod video;
#[cfg(test)]
mod world;
