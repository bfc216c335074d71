"""Names as people, shops and programs give them, and what they mean.

A line holds: file | folder | title | year | edition; "" where the folder is none of the movie's.
"""

# ruff: noqa: E501 - a row of a table stands on one line

from __future__ import annotations

import msgspec

_TEXT = """
Alien (1979).mkv | | Alien | 1979 |
Alien.1979.mkv | | Alien | 1979 |
Alien_(1979).avi | | Alien | 1979 |
Alien [1979].mp4 | | Alien | 1979 |
Alien {1979}.mp4 | | Alien | 1979 |
Alien - 1979.mkv | | Alien | 1979 |
Alien 1979.mkv | | Alien | 1979 |
Alien (1979) [1080p].mkv | | Alien | 1979 |
Alien (1979) - 2160p.mkv | | Alien | 1979 |
Alien (1979) - [Bluray-1080p].mkv | | Alien | 1979 |
alien.1979.1080p.bluray.x264-grp.mkv | | alien | 1979 |
Alien.1979.THEATRICAL.1080p.BluRay.x264-GRP.mkv | | Alien | 1979 | Theatrical
Aliens.1986.SPECIAL.EDITION.720p.BluRay.mkv | | Aliens | 1986 | Special Edition
Alien 3 (1992).mkv | | Alien 3 | 1992 |
Alien.3.1992.Assembly.Cut.1080p.mkv | | Alien 3 | 1992 | Assembly Cut
1917.2019.mkv | | 1917 | 2019 |
1917 (2019).mkv | | 1917 | 2019 |
1917.2019.1080p.WEB-DL.DD5.1.H264-GRP.mkv | | 1917 | 2019 |
2012 (2009).mkv | | 2012 | 2009 |
2012.2009.720p.BluRay.mkv | | 2012 | 2009 |
2012.mkv | 2012 (2009) | 2012 | 2009 |
300 (2006).mkv | | 300 | 2006 |
300.2006.BRRip.XviD.avi | | 300 | 2006 |
300.mkv | | 300 | 0 |
9 (2009).mkv | | 9 | 2009 |
9.mkv | | 9 | 0 |
21 (2008).mkv | | 21 | 2008 |
1984.mkv | | 1984 | 0 |
1984 (1984).mkv | | 1984 | 1984 |
1984.1984.DVDRip.mkv | | 1984 | 1984 |
1941.1979.DVDRip.avi | | 1941 | 1979 |
1900 (1976).mkv | | 1900 | 1976 |
1922.2017.WEBRip.x264.mkv | | 1922 | 2017 |
1408 (2007).mkv | | 1408 | 2007 |
2046.2004.1080p.BluRay.mkv | | 2046 | 2004 |
2001 A Space Odyssey (1968).mkv | | 2001 A Space Odyssey | 1968 |
2001.A.Space.Odyssey.1968.1080p.mkv | | 2001 A Space Odyssey | 1968 |
2010.The.Year.We.Make.Contact.1984.mkv | | 2010 The Year We Make Contact | 1984 |
Blade Runner 2049.mkv | | Blade Runner 2049 | 0 |
Blade Runner 2049 (2017).mkv | | Blade Runner 2049 | 2017 |
Blade.Runner.2049.2017.2160p.UHD.BluRay.HDR.HEVC.mkv | | Blade Runner 2049 | 2017 |
Blade Runner 2049.HDRip.mkv | | Blade Runner 2049 | 0 |
Blade.Runner.1982.The.Final.Cut.1080p.mkv | | Blade Runner | 1982 | Final Cut
Blade Runner (1982) {edition-Final Cut}.mkv | | Blade Runner | 1982 | Final Cut
Blade.Runner.Final.Cut.1982.mkv | | Blade Runner | 1982 | Final Cut
The Final Cut (2004).mkv | | The Final Cut | 2004 |
Wonder.Woman.1984.2020.1080p.mkv | | Wonder Woman 1984 | 2020 |
Wonder Woman 1984 (2020).mkv | | Wonder Woman 1984 | 2020 |
Class.of.1984.1982.mkv | | Class of 1984 | 1982 |
Class of 1999 (1990).mkv | | Class of 1999 | 1990 |
Death Race 2000 (1975).mkv | | Death Race 2000 | 1975 |
Death.Race.2000.1975.DVDRip.mkv | | Death Race 2000 | 1975 |
(1999) The Matrix.mkv | | The Matrix | 1999 |
1999 - The Matrix.mkv | | The Matrix | 1999 |
[1999] The Matrix [1080p].mkv | | The Matrix | 1999 |
Matrix, The (1999).mkv | | The Matrix | 1999 |
Boot, Das (1981).mkv | | Das Boot | 1981 |
Avventura, L' (1960).mkv | | L'Avventura | 1960 |
Quatre cents coups, Les (1959).mkv | | Les Quatre cents coups | 1959 |
Good, the Bad and the Ugly, The (1966).mkv | | The Good, the Bad and the Ugly | 1966 |
Das.Boot.1981.German.DL.1080p.BluRay.x264-GRP.mkv | | Das Boot | 1981 |
Das.Boot.German.1981.DVDRip.avi | | Das Boot | 1981 |
Das.Boot.1981.Directors.Cut.German.720p.mkv | | Das Boot | 1981 | Director's Cut
Lola.rennt.1998.German.DVDRip.XviD.avi | | Lola rennt | 1998 |
Der Untergang (2004).mkv | | Der Untergang | 2004 |
Das Leben der Anderen (2006).mkv | | Das Leben der Anderen | 2006 |
Das Leben der Anderen (The Lives of Others) (2006).mkv | | Das Leben der Anderen | 2006 |
Spirited Away (Sen to Chihiro no Kamikakushi) (2001).mkv | | Spirited Away | 2001 |
La.Haine.1995.FRENCH.1080p.BluRay.mkv | | La Haine | 1995 |
La.Haine.FRENCH.1995.DVDRip.mkv | | La Haine | 1995 |
Le.Samourai.1967.VOSTFR.720p.mkv | | Le Samourai | 1967 |
Amélie (2001).mkv | | Amélie | 2001 |
Léon.1994.MULTi.1080p.mkv | | Léon | 1994 |
La vita è bella (1997).mkv | | La vita è bella | 1997 |
El laberinto del fauno (2006).mkv | | El laberinto del fauno | 2006 |
Cidade.de.Deus.2002.DVDRip.mkv | | Cidade de Deus | 2002 |
The Italian Job (1969).mkv | | The Italian Job | 1969 |
The.Italian.Job.1969.1080p.mkv | | The Italian Job | 1969 |
The English Patient (1996).mkv | | The English Patient | 1996 |
The.French.Connection.1971.mkv | | The French Connection | 1971 |
The Good German (2006).mkv | | The Good German | 2006 |
Сталкер (1979).mkv | | Сталкер | 1979 |
Сталкер.1979.BDRip.1080p.mkv | | Сталкер | 1979 |
Иди и смотри 1985.mkv | | Иди и смотри | 1985 |
七人の侍 (1954).mkv | | 七人の侍 | 1954 |
七人の侍.1954.1080p.BluRay.mkv | | 七人の侍 | 1954 |
기생충 (2019).mkv | | 기생충 | 2019 |
大红灯笼高高挂.1991.mkv | | 大红灯笼高高挂 | 1991 |
Ζορμπάς (1964).mkv | | Ζορμπάς | 1964 |
The.Lord.of.the.Rings.The.Two.Towers.2002.EXTENDED.1080p.mkv | | The Lord of the Rings The Two Towers | 2002 | Extended
The Lord of the Rings - The Two Towers (2002).mkv | | The Lord of the Rings - The Two Towers | 2002 |
Star Wars - Episode IV - A New Hope (1977).mkv | | Star Wars - Episode IV - A New Hope | 1977 |
Star.Wars.Episode.IV.A.New.Hope.1977.Despecialized.Edition.mkv | | Star Wars Episode IV A New Hope | 1977 | Despecialized
Apocalypse.Now.1979.REDUX.1080p.mkv | | Apocalypse Now | 1979 | Redux
Apocalypse Now Redux (1979).mkv | | Apocalypse Now Redux | 1979 |
Lo que el viento se llevó (1939).mkv | | Lo que el viento se llevó | 1939 |
Dil Se.. (1998).mkv | | Dil Se | 1998 |
Dil Se (1998) Uncut.mkv | | Dil Se | 1998 | Uncut
OSS 117 se déchaîne (1963).mkv | | OSS 117 se déchaîne | 1963 |
Le Jour se lève (1939).mkv | | Le Jour se lève | 1939 |
South Park - Bigger, Longer & Uncut (1999).mkv | | South Park - Bigger, Longer & Uncut | 1999 |
The Darjeeling Limited (2007).mkv | | The Darjeeling Limited | 2007 |
Rancho Deluxe (1975).mkv | | Rancho Deluxe | 1975 |
LEGO DC Super Hero Girls - Brain Drain (2017).mkv | | LEGO DC Super Hero Girls - Brain Drain | 2017 |
Urban Legends - Final Cut (2000).mkv | | Urban Legends - Final Cut | 2000 |
Moebius Redux - A Life in Pictures (2007).mkv | | Moebius Redux - A Life in Pictures | 2007 |
Rancho Deluxe - Extended (1975).mkv | | Rancho Deluxe | 1975 | Extended
Rancho Deluxe EXTENDED (1975) 1080p.mkv | | Rancho Deluxe | 1975 | Extended
Rancho Deluxe Director's Cut (1975).mkv | | Rancho Deluxe | 1975 | Director's Cut
Kingdom.of.Heaven.2005.Directors.Cut.Roadshow.1080p.mkv | | Kingdom of Heaven | 2005 | Director's Cut
Brazil (1985) - Director's Cut.mkv | | Brazil | 1985 | Director's Cut
Superbad (2007) [Unrated] [720p].mkv | | Superbad | 2007 | Unrated
Superbad.UNRATED.2007.720p.mkv | | Superbad | 2007 | Unrated
Metropolis (1927) Restored.mkv | | Metropolis | 1927 | Restored
Jaws.1975.Remastered.2160p.UHD.mkv | | Jaws | 1975 | Remastered
Jaws.1975.REMASTERED.2012.1080p.mkv | | Jaws | 1975 | Remastered
Uncut Gems (2019).mkv | | Uncut Gems | 2019 |
Uncut.Gems.2019.1080p.WEB-DL.mkv | | Uncut Gems | 2019 |
Dunkirk.2017.IMAX.2160p.mkv | | Dunkirk | 2017 | IMAX
Logan (2017) {edition-Noir}.mkv | | Logan | 2017 | Noir
Blade Runner (1982) [edition=Workprint].mkv | | Blade Runner | 1982 | Workprint
S.W.A.T.2003.720p.mkv | | S.W.A.T. | 2003 |
E.T.the.Extra-Terrestrial.1982.1080p.mkv | | E.T. the Extra-Terrestrial | 1982 |
L.A.Confidential.1997.mkv | | L.A. Confidential | 1997 |
A.I.Artificial.Intelligence.2001.mkv | | A.I. Artificial Intelligence | 2001 |
R.I.P.D.2013.mkv | | R.I.P.D. | 2013 |
I.Robot.2004.mkv | | I Robot | 2004 |
V.for.Vendetta.2005.mkv | | V for Vendetta | 2005 |
M (1931).mkv | | M | 1931 |
M.1931.1080p.mkv | | M | 1931 |
Z.1969.mkv | | Z | 1969 |
Mr. Nobody (2009).mkv | | Mr. Nobody | 2009 |
Kill Bill Vol. 1 (2003).mkv | | Kill Bill Vol. 1 | 2003 |
Kill.Bill.Vol.2.2004.1080p.mkv | | Kill Bill Vol 2 | 2004 |
Dune Part Two (2024).mkv | | Dune Part Two | 2024 |
Dune.Part.Two.2024.2160p.mkv | | Dune Part Two | 2024 |
Dune Part 2 (2024).mkv | | Dune Part 2 | 2024 |
The Godfather Part II (1974).mkv | | The Godfather Part II | 1974 |
The.Godfather.Part.II.1974.mkv | | The Godfather Part II | 1974 |
Alien (1979) cd1.avi | | Alien | 1979 |
Alien (1979)-CD2.avi | | Alien | 1979 |
Alien.1979.DVDRip.XviD.CD1.avi | | Alien | 1979 |
Alien (1979) - part1.mkv | | Alien | 1979 |
Alien_(1979)_disc_2.mkv | | Alien | 1979 |
Alien (1979).pt2.mkv | | Alien | 1979 |
Alien.disk1.avi | | Alien | 0 |
(500) Days of Summer (2009).mkv | | (500) Days of Summer | 2009 |
500.Days.of.Summer.2009.720p.mkv | | 500 Days of Summer | 2009 |
[REC] (2007).mkv | | REC | 2007 |
[REC]2 (2009).mkv | | [REC]2 | 2009 |
Birdman or (The Unexpected Virtue of Ignorance) (2014).mkv | | Birdman or (The Unexpected Virtue of Ignorance) | 2014 |
10,000 BC (2008).mkv | | 10,000 BC | 2008 |
12 Angry Men (1957).mkv | | 12 Angry Men | 1957 |
12.Angry.Men.1957.1080p.mkv | | 12 Angry Men | 1957 |
101 Dalmatians (1996).mkv | | 101 Dalmatians | 1996 |
8½ (1963).mkv | | 8½ | 1963 |
Se7en.1995.mkv | | Se7en | 1995 |
WALL-E (2008).mkv | | WALL-E | 2008 |
WALL·E (2008).mkv | | WALL·E | 2008 |
Spider-Man.2002.1080p.mkv | | Spider-Man | 2002 |
X-Men (2000).mkv | | X-Men | 2000 |
X-Men.2000.1080p.BluRay.mkv | | X-Men | 2000 |
Face-Off.1997.mkv | | Face-Off | 1997 |
What's Up, Doc (1972).mkv | | What's Up, Doc | 1972 |
Monsters, Inc. (2001).mkv | | Monsters, Inc | 2001 |
...And God Created Woman (1956).mkv | | ...And God Created Woman | 1956 |
tick, tick... BOOM! (2021).mkv | | tick, tick... BOOM! | 2021 |
Mother! (2017).mkv | | Mother! | 2017 |
Charlotte's Web (2006).mkv | | Charlotte's Web | 2006 |
Cast Away (2000).mkv | | Cast Away | 2000 |
The Proposal (2009).mkv | | The Proposal | 2009 |
Proof.2005.DVDRip.mkv | | Proof | 2005 |
Sabotage.1936.DVDRip.Limited.mkv | | Sabotage | 1936 |
Internal.Affairs.1990.mkv | | Internal Affairs | 1990 |
The Interview (2014).mkv | | The Interview | 2014 |
[GRP] Akira (1988) [BD 1080p].mkv | | Akira | 1988 |
[GRP] Akira [1080p].mkv | | Akira | 0 |
www.example.com - Akira (1988).mkv | | Akira | 1988 |
[ www.example.org ] Akira.1988.720p.mkv | | Akira | 1988 |
Akira (1988) aka アキラ.mkv | | Akira | 1988 |
Brazil aka Brasil (1985).mkv | | Brazil | 1985 |
03. Alien Resurrection (1997).mkv | | Alien Resurrection | 1997 |
01 - Alien (1979).mkv | | Alien | 1979 |
Alien (Ridley Scott, 1979).mkv | | Alien | 1979 |
Alien (1979, Ridley Scott).mkv | | Alien | 1979 |
Akira.1080p.BluRay.x264-GRP.mkv | | Akira | 0 |
Akira 4K HDR.mkv | | Akira | 0 |
Akira.mkv | | Akira | 0 |
Heat.1995.3D.HSBS.1080p.mkv | | Heat | 1995 |
Heat 1995 DVD9.mkv | | Heat | 1995 |
Heat.1995.1920x1080.AVC.DTS-HD.MA.mkv | | Heat | 1995 |
Heat (1995) {tmdb-949}.mkv | | Heat | 1995 |
Heat (1995) [imdbid-tt0113277] - 1080p.mkv | | Heat | 1995 |
tt0113277 Heat 1995.mkv | | Heat | 1995 |
movie.mkv | Heat (1995) | Heat | 1995 |
title_t00.mkv | Heat (1995) | Heat | 1995 |
VTS_01_1.VOB | Heat (1995) | Heat | 1995 |
00800.m2ts | Heat (1995) | Heat | 1995 |
9f86d081884c7d659a2feaa0c55ad015.mkv | Heat (1995) | Heat | 1995 |
1080p.mkv | Heat (1995) | Heat | 1995 |
HEAT_t03.mkv | | HEAT | 0 |
grp-ht1080.mkv | Heat (1995) | Heat | 1995 |
Heat.mkv | Heat (1995) [1080p] | Heat | 1995 |
Heat.1995.German.1080p.mkv | Heat (1995) | Heat | 1995 |
2001 - A Space Odyssey.mkv | 2001 - A Space Odyssey (1968) | 2001 - A Space Odyssey | 1968 |
Heat (1995).mkv | Crime | Heat | 1995 |
Aliens.1986.1080p.mkv | Alien Anthology (1979-1997) | Aliens | 1986 |
Heat (1995).mkv | Best of Crime (2001) | Heat | 1995 |
Heat (1995) part a.mkv | | Heat | 1995 |
Heat.mkv | Heat | Heat | 0 |
Unknown.2011.mkv | | Unknown | 2011 |
The.Grand.Budapest.Hotel.2014.LiMiTED.1080p.BluRay.x264-SPARKS.mkv | | The Grand Budapest Hotel | 2014 |
Inception.2010.1080p.BluRay.DTS-ES.x264-GRP.mkv | | Inception | 2010 |
Mad.Max.Fury.Road.2015.Black.and.Chrome.1080p.mkv | | Mad Max Fury Road | 2015 | Black & Chrome
Harry Potter and the Deathly Hallows - Part 1 (2010).mkv | | Harry Potter and the Deathly Hallows - Part 1 | 2010 |
Harry.Potter.and.the.Deathly.Hallows.Part.2.2011.1080p.mkv | | Harry Potter and the Deathly Hallows Part 2 | 2011 |
The Lord of the Rings_ The Return of the King (2003).mkv | | The Lord of the Rings: The Return of the King | 2003 |
Ocean's Eleven (2001).mp4 | | Ocean's Eleven | 2001 |
Oceans.Eleven.2001.iNTERNAL.DVDRip.XviD-GRP.avi | | Oceans Eleven | 2001 |
Good Will Hunting 1997 1080p BRRip x264 AAC-GRP.mp4 | | Good Will Hunting | 1997 |
Die Hard 4.0 (2007).mkv | | Die Hard 4.0 | 2007 |
Die.Hard.4.0.2007.mkv | | Die Hard 4 0 | 2007 |
Rocky IV (1985).mkv | | Rocky IV | 1985 |
Scott Pilgrim vs. the World (2010).mkv | | Scott Pilgrim vs. the World | 2010 |
Scott.Pilgrim.vs.the.World.2010.720p.mkv | | Scott Pilgrim vs the World | 2010 |
Crouching Tiger, Hidden Dragon (2000).mkv | | Crouching Tiger, Hidden Dragon | 2000 |
Romeo + Juliet (1996).mkv | | Romeo + Juliet | 1996 |
tick,.tick...BOOM!.2021.1080p.NF.WEB-DL.mkv | | tick, tick BOOM! | 2021 |
Everything.Everywhere.All.at.Once.2022.2160p.AMZN.WEB-DL.DDP5.1.Atmos.HDR.HEVC.mkv | | Everything Everywhere All at Once | 2022 |
Parasite.2019.KOREAN.1080p.BluRay.mkv | | Parasite | 2019 |
Oldboy.2003.KOREAN.REMASTERED.1080p.mkv | | Oldboy | 2003 | Remastered
Le.Fabuleux.Destin.d.Amelie.Poulain.2001.FRENCH.mkv | | Le Fabuleux Destin d Amelie Poulain | 2001 |
The Shining (1980) US Extended.mkv | | The Shining | 1980 | Extended
Dr Strangelove or How I Learned to Stop Worrying and Love the Bomb (1964).mkv | | Dr Strangelove or How I Learned to Stop Worrying and Love the Bomb | 1964 |
THX 1138 (1971).mkv | | THX 1138 | 1971 |
THX.1138.1971.Directors.Cut.mkv | | THX 1138 | 1971 | Director's Cut
THX 1138.mkv | | THX 1138 | 0 |
District.9.2009.mkv | | District 9 | 2009 |
Apollo 13 (1995).mkv | | Apollo 13 | 1995 |
Seven.Samurai.1954.CRITERION.1080p.BluRay.mkv | | Seven Samurai | 1954 | Criterion
Fahrenheit 451 (1966).mkv | | Fahrenheit 451 | 1966 |
Fahrenheit 9-11 (2004).mkv | | Fahrenheit 9-11 | 2004 |
Fantasia 2000 (1999).mkv | | Fantasia 2000 | 1999 |
Fantasia.2000.1999.mkv | | Fantasia 2000 | 1999 |
Space 1999.mkv | | Space | 1999 |
Space.1999.S01E01.720p.mkv | | Space S01E01 | 1999 |
Das Boot (2018) 1x03.mkv | | Das Boot 1x03 | 2018 |
Alien (1979) - Making of.mkv | | Alien Making of | 1979 |
Alien.1979.Trailer.HD.mkv | | Alien Trailer | 1979 |
Alien.1979.1920x1080.Commentary.mkv | | Alien | 1979 |
1776.1972.mkv | | 1776 | 1972 |
The 39 Steps (1935).mkv | | The 39 Steps | 1935 |
8 Mile (2002).mkv | | 8 Mile | 2002 |
50-50 (2011).mkv | | 50-50 | 2011 |
127 Hours 2010.mkv | | 127 Hours | 2010 |
13 Going on 30 (2004).mkv | | 13 Going on 30 | 2004 |
Pi (1998).mkv | | Pi | 1998 |
Up.2009.3D.1080p.mkv | | Up | 2009 |
It (2017).mkv | | It | 2017 |
It.Chapter.Two.2019.mkv | | It Chapter Two | 2019 |
Us.2019.1080p.mkv | | Us | 2019 |
Her.2013.mkv | | Her | 2013 |
Pixels.2015.HC.HDRip.mkv | | Pixels | 2015 |
The Cam (2019).mkv | | The Cam | 2019 |
Cam.2018.1080p.mkv | | Cam | 2018 |
Ts (2019).mkv | | Ts | 2019 |
Multi Facial (1995).mkv | | Multi Facial | 1995 |
The.Dual.2014.mkv | | The Dual | 2014 |
Les.Misérables.2012.mkv | | Les Misérables | 2012 |
[Group] Spirited Away (2001) (BD 1080p) [ABCD1234].mkv | | Spirited Away | 2001 |
Spirited Away [2001] [1080p] [BluRay] [5.1] [YTS.MX].mp4 | | Spirited Away | 2001 |
Goodfellas.(1990).1080p.mkv | | Goodfellas | 1990 |
Goodfellas_1990_720p.mkv | | Goodfellas | 1990 |
Goodfellas.1990.mkv.mkv | | Goodfellas | 1990 |
Goodfellas (1990)(1080p).mkv | | Goodfellas | 1990 |
Goodfellas - 1990 - 1080p.mkv | | Goodfellas | 1990 |
Goodfellas 1080p.mkv | | Goodfellas | 0 |
Goodfellas DVDRip XviD.avi | | Goodfellas | 0 |
GOODFELLAS_DISC_1.iso | | GOODFELLAS | 0 |
The.Bourne.Identity.2002.REMUX.1080p.Blu-ray.VC-1.DTS-HD.MA.5.1-GRP.mkv | | The Bourne Identity | 2002 |
Movie 43 (2013).mkv | | Movie 43 | 2013 |
Film socialisme (2010).mkv | | Film socialisme | 2010 |
Metropolis (1927) - 2010 Restoration.mkv | | Metropolis | 1927 |
Metropolis (2001).mkv | | Metropolis | 2001 |
Nosferatu, eine Symphonie des Grauens (1922).mkv | | Nosferatu, eine Symphonie des Grauens | 1922 |
M - Eine Stadt sucht einen Mörder (1931).mkv | | M - Eine Stadt sucht einen Mörder | 1931 |
Hellboy II The Golden Army 2008 720p BluRay DTS x264-GRP.mkv | | Hellboy II The Golden Army | 2008 |
Mission.Impossible.III.2006.mkv | | Mission Impossible III | 2006 |
Mission - Impossible - Fallout (2018) Bluray-1080p Proper.mkv | | Mission - Impossible - Fallout | 2018 |
The Hobbit An Unexpected Journey (2012) Extended Edition.mkv | | The Hobbit An Unexpected Journey | 2012 | Extended
K-19 The Widowmaker (2002).mkv | | K-19 The Widowmaker | 2002 |
xXx (2002).mkv | | xXx | 2002 |
eXistenZ.1999.mkv | | eXistenZ | 1999 |
S1m0ne (2002).mkv | | S1m0ne | 2002 |
$9.99 (2008).mkv | | $9.99 | 2008 |
π (1998).mkv | | π | 1998 |
#Alive (2020).mkv | | #Alive | 2020 |
@Zola (2020).mkv | | @Zola | 2020 |
Tenet 2020 2160p UHD BluRay x265 10bit HDR DTS-HD MA 5 1-GRP.mkv | | Tenet | 2020 |
Sin.City.2005.Recut.Extended.Unrated.mkv | | Sin City | 2005 | Extended Unrated
Der.Name.der.Rose.German.1986.AC3.BDRip.x264.mkv | | Der Name der Rose | 1986 |
Das.weisse.Band.2009.GERMAN.720p.mkv | | Das weisse Band | 2009 |
Cinema Paradiso (1988) (Director's Cut).mkv | | Cinema Paradiso | 1988 | Director's Cut
La.Dolce.Vita.1960.ITALIAN.1080p.mkv | | La Dolce Vita | 1960 |
Андрей Рублёв (Andrei Rublev) 1966.mkv | | Андрей Рублёв | 1966 |
千と千尋の神隠し.mkv | | 千と千尋の神隠し | 0 |
Ghost in the Shell (攻殻機動隊) (1995).mkv | | Ghost in the Shell | 1995 |
2 Fast 2 Furious (2003).mkv | | 2 Fast 2 Furious | 2003 |
10 Things I Hate About You (1999).mkv | | 10 Things I Hate About You | 1999 |
28.Days.Later.2002.mkv | | 28 Days Later | 2002 |
21.Grams.2003.mkv | | 21 Grams | 2003 |
12.Monkeys.1995.mkv | | 12 Monkeys | 1995 |
12. Monkeys (1995).mkv | | Monkeys | 1995 |
007 - Goldfinger (1964).mkv | | Goldfinger | 1964 |
James Bond 007 - Goldfinger (1964).mkv | | James Bond 007 - Goldfinger | 1964 |
Heat.UNCUT.1995.1080p.mkv | | Heat | 1995 | Uncut
Dunkirk IMAX (2017).mkv | | Dunkirk | 2017 | IMAX
Brazil_Criterion_Edition_(1985).mkv | | Brazil | 1985 | Criterion
Heat [Extended] (1995).mkv | | Heat | 1995 | Extended
Heat (Extended Cut) (1995).mkv | | Heat | 1995 | Extended
The Extended Cut (2001).mkv | | The Extended Cut | 2001 |
The Bone Collector (1999).mkv | | The Bone Collector | 1999 |
The.Bone.Collector.1999.1080p.mkv | | The Bone Collector | 1999 |
DC League of Super-Pets (2022).mkv | | DC League of Super-Pets | 2022 |
The Anniversary Party (2001).mkv | | The Anniversary Party | 2001 |
Happy.Anniversary.1959.mkv | | Happy Anniversary | 1959 |
Final.Cut.2022.1080p.mkv | | Final Cut | 2022 |
Grpx-The.Long.Pier.1983.1080p.bluray.x264.mkv | | Grpx-The Long Pier | 1983 |
grpx-the.long.pier.1983.multi.1080p.bluray.x264.mkv | | the long pier | 1983 |
spider-man.2002.1080p.bluray.x264.mkv | | spider-man | 2002 |
spider-man.far.from.home.2019.1080p.bluray.x264.mkv | | spider-man far from home | 2019 |
wall-e.2008.1080p.mkv | | wall-e | 2008 |
Barbecue-2014-French-1080p.mkv | | Barbecue | 2014 |
[Group] Akira [BD 1080p | | Akira | 0 |
[Group] Akira v2 [00F4CDA0].mkv | | Akira | 0 |
[Group] Evangelion 1.11 - You Are (Not) Alone v2 (1080p BD HEVC) [BF42B1C8].mkv | | Evangelion 1.11 - You Are (Not) Alone | 0 |
www.site.tc - Movie (2000).mkv | | Movie | 2000 |
www.site.tc - Heat.1995.1080p.mkv | | Heat | 1995 |
The Kiss (1896).mkv | | The Kiss | 1896 |
The.Kiss.1896.mkv | | The Kiss | 1896 |
2012.1080p.mkv | | 2012 | 0 |
[REC].2007.mkv | | REC | 2007 |
[REC]2.2009.1080p.mkv | | [REC]2 | 2009 |
(500).Days.of.Summer.2009.mkv | | (500) Days of Summer | 2009 |
(1)The Long Pier (2009).mkv | | The Long Pier | 2009 |
09.03.08.The.Doors.(1991).mkv | | The Doors | 1991 |
James_Bond-f17-Goldeneye.mkv | | Goldeneye | 0 |
Fast.and.Furious.F9.The.Fast.Saga.2021.mkv | | Fast and Furious F9 The Fast Saga | 2021 |
The Godfather Part III.mkv | | The Godfather Part III | 0 |
Akira 1080p (1988).mkv | | Akira | 1988 |
Long Pier FRENCH BluRay 720p 2016 abc.mkv | | Long Pier | 2016 |
dmd-aw.avi | Long Pier DVDRip.XviD-GRP | Long Pier | 0 |
grp-repack-pier.dvdrip.xvid.avi | Pier.REPACK.DVDRip.XviD-GRP | Pier | 0 |
"""


class Row(msgspec.Struct, frozen=True):
    """A name of a file and its folder, and what they mean."""

    file: str
    folder: str
    title: str
    year: int
    edition: str


def _row(line: str) -> Row:
    file, folder, title, year, edition = (cell.strip() for cell in line.split("|"))
    return Row(file, folder, title, int(year), edition)


ROWS = tuple(_row(line) for line in _TEXT.strip().splitlines())
